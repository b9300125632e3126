/** For tests: Ethernet frames between the ends of a test namespace's veth pair. */
import { hardwareAddress } from "./namespace.ts";

/** With the EtherType for local experiments, and nothing of meaning in it. */
export function testFrame(): Uint8Array {
  return frame(0x88b5, new Uint8Array(46));
}

/** An IPv4 packet without content that is to be forwarded to `destination`. */
export function forwardedFrame(source: Uint8Array, destination: Uint8Array): Uint8Array {
  const packet = new Uint8Array(46);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, 46);
  view.setUint8(8, 64); // hops
  view.setUint8(9, 253); // a protocol for experiments (RFC 3692)
  packet.set(source, 12);
  packet.set(destination, 16);
  view.setUint16(10, checksum(packet.subarray(0, 20)));
  return frame(0x0800, packet);
}

/** An IPv6 packet with a segment routing header (RFC 8754) of two segments, at the first of which it arrives. */
export function segmentFrame(source: Uint8Array, first: Uint8Array, second: Uint8Array): Uint8Array {
  const routing = new Uint8Array(40);
  // next header (none), length in 8 bytes after the first 8, type, segments left, last entry, flags, tag
  routing.set([59, 4, 4, 1, 1, 0, 0, 0]);
  routing.set(second, 8); // segments stand in reverse order
  routing.set(first, 24);
  const packet = new Uint8Array(40 + routing.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x60);
  view.setUint16(4, routing.length);
  packet.set([43, 64], 6); // routing header, hops
  packet.set(source, 8);
  packet.set(first, 24);
  packet.set(routing, 40);
  return frame(0x86dd, packet);
}

/** From the end whose address ends in 1 to the one whose address ends in 2. */
function frame(protocol: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([
    hardwareAddress(2),
    hardwareAddress(1),
    Uint8Array.of(protocol >> 8, protocol & 0xff),
    payload,
  ]);
}

/** RFC 1071. */
function checksum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
