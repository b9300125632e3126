/**
 * Keys of longest-prefix-match tries.
 *
 *     struct bpf_lpm_trie_key { u32 prefixlen;  u8 data[]; }
 *
 * `prefixlen` counts bits of `data`, most significant first: the byte order of network addresses.
 */
import { isIPv4, isIPv6 } from "node:net";
import type { Codec } from "@sonde/bpf/btf";
import { CodecError } from "@sonde/bpf/btf";

export interface Prefix {
  /** Bits that count. */
  readonly length: number;
  /** At most as many bytes as the trie's keys have behind the length; the rest is zero. */
  readonly data: Uint8Array;
}

/** `size` is the map's key size. */
export function prefixCodec(size: number): Codec<Prefix> {
  const room = size - 4;
  return {
    size,
    read: (view, offset) => ({
      length: view.getUint32(offset, true),
      data: new Uint8Array(view.buffer, view.byteOffset + offset + 4, room).slice(),
    }),
    write: (view, offset, { length, data }) => {
      if (!Number.isInteger(length) || length < 0 || length > room * 8)
        throw new CodecError(`a prefix of ${length} bits: this trie has 0 to ${room * 8}`);
      if (data.length > room) throw new CodecError(`${data.length} bytes: keys of this trie have ${room}`);
      view.setUint32(offset, length, true);
      const bytes = new Uint8Array(view.buffer, view.byteOffset + offset + 4, room);
      bytes.fill(0);
      bytes.set(data);
    },
  };
}

/** Keys of 8 or 20 bytes as network addresses with their prefix length: "10.0.0.0/8", "2001:db8::/32". */
export function addressPrefixCodec(size: number): Codec<string> {
  const prefix = prefixCodec(size);
  return {
    size,
    read: (view, offset) => formatPrefix(prefix.read(view, offset)),
    write: (view, offset, text) => prefix.write(view, offset, parsePrefix(text)),
  };
}

/** "10.0.0.0/8", or an address alone for all of its bits. Throws CodecError for anything else. */
export function parsePrefix(text: string): Prefix {
  const [address = "", bits, ...more] = text.split("/");
  const data = isIPv4(address) ? ipv4Bytes(address) : isIPv6(address) ? ipv6Bytes(address) : undefined;
  const length = bits === undefined ? (data?.length ?? 0) * 8 : /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity;
  if (data === undefined || more.length > 0 || length > data.length * 8)
    throw new CodecError(`${JSON.stringify(text)} is no network address with a prefix length, like 10.0.0.0/8`);
  return { length, data };
}

/** An IPv4 address for 4 bytes of data, an IPv6 address for 16. */
export function formatPrefix({ length, data }: Prefix): string {
  if (data.length === 4) return `${data.join(".")}/${length}`;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const groups = Array.from({ length: data.length >> 1 }, (_, i) => view.getUint16(i * 2).toString(16));
  return `${shortened(groups)}/${length}`;
}

function ipv4Bytes(address: string): Uint8Array {
  return Uint8Array.from(address.split("."), Number);
}

function ipv6Bytes(address: string): Uint8Array {
  const plain = address.replace(/[\d.]+$/, (tail) => (tail.includes(".") ? ipv4Groups(tail) : tail));
  const [head = "", tail] = plain.split("::").map((part) => part.split(":").filter(Boolean));
  const missing = 8 - head.length - (tail?.length ?? 0);
  const groups = [...head, ...Array.from({ length: tail === undefined ? 0 : missing }, () => "0"), ...(tail ?? [])];
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}

function ipv4Groups(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4Bytes(address);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** The longest run of zeros, of two groups at least, is left out: RFC 5952. */
function shortened(groups: readonly string[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
}
