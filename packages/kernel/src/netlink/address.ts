/** Internet addresses and prefixes as bytes. */
import { isIP } from "node:net";
import { AddressFamily } from "../sys/index.ts";

export interface Prefix {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /** 4 or 16, the most significant first. */
  readonly bytes: Uint8Array;
  /** Bits. */
  readonly length: number;
}

/** "10.0.0.0/8", "2001:db8::/32"; an address alone is a prefix of its full length. Errors: TypeError for anything else. */
export function parsePrefix(text: string): Prefix {
  const [address = "", bits] = text.split("/", 2);
  const bytes = parseAddress(address);
  const length = bits === undefined ? bytes.length * 8 : Number(bits);
  if (!(Number.isInteger(length) && length >= 0 && length <= bytes.length * 8)) {
    throw new TypeError(`not a prefix: ${JSON.stringify(text)}`);
  }
  return { family: bytes.length === 4 ? AddressFamily.INET : AddressFamily.INET6, bytes, length };
}

/** Errors: TypeError for what is not an address. */
export function parseAddress(text: string): Uint8Array {
  const version = text.includes("%") ? 0 : isIP(text);
  if (version === 4) return Uint8Array.from(text.split("."), Number);
  if (version === 6) return parseAddress6(text);
  throw new TypeError(`not an internet address: ${JSON.stringify(text)}`);
}

/** `text` is known to be well formed. "::" stands for as many zero groups as are missing. */
function parseAddress6(text: string): Uint8Array {
  const [front = "", back] = text.split("::", 2);
  const start = groups(front);
  const end = groups(back ?? "");
  const bytes = new Uint8Array(16);
  bytes.set(start);
  bytes.set(end, 16 - end.length);
  return bytes;
}

function groups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
