/** Addresses, interfaces and names on the network. */
import { readdirSync, readFileSync } from "node:fs";
import { SocketAddress } from "node:net";
import { bytesOf, integerDecoder, textOf, type DecoderKind } from "./decoder.ts";

export const inetIp: DecoderKind = {
  summary: "4 or 16 bytes in network order as an IPv4 or IPv6 address",
  make: () => (input) => {
    const bytes = bytesOf(input, 4);
    if (bytes?.length === 4) return bytes.join(".");
    if (bytes?.length !== 16) return textOf(input);
    const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
    return new SocketAddress({ family: "ipv6", address: groups.join(":") }).address.replace(/^::ffff:(?=\d+\.)/, "");
  },
};

export const ifname: DecoderKind = {
  summary: "the index of a network interface of this machine by its name",
  make: () => {
    let names = new Map<number, string>();
    return integerDecoder((value) => {
      const index = Number(value);
      // An index is never given twice while the machine runs, but a device may be renamed: names of unknown ones only.
      if (!names.has(index)) names = readInterfaces();
      return names.get(index) ?? `unknown:${index}`;
    });
  },
};

function readInterfaces(): Map<number, string> {
  const names = new Map<number, string>();
  for (const name of readDirectory("/sys/class/net")) {
    try {
      names.set(Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8")), name);
    } catch {
      // It went away between the two reads, or is no interface ("bonding_masters").
    }
  }
  return names;
}

function readDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

export const dname: DecoderKind = {
  summary: "a name in the wire format of DNS (RFC 1035, 3.1) with dots",
  make: () => (input) => {
    const bytes = bytesOf(input) ?? new Uint8Array();
    const labels: string[] = [];
    for (let at = 0; at < bytes.length && bytes[at] !== 0;) {
      const length = bytes[at]!;
      labels.push(Buffer.from(bytes.subarray(at + 1, at + 1 + length)).toString("latin1"));
      at += 1 + length;
    }
    return labels.join(".");
  },
};
