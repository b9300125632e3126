/** Packets: XDP's ends moved, bytes copied, checksums. */
import { Errno } from "../errno.ts";
import { Trap } from "../fault.ts";
import type { Packet } from "../packet.ts";
import type { HelperCall, HelperTable } from "./call.ts";

function packetOf(call: HelperCall): Packet {
  if (call.packet === undefined) throw new Trap("this helper needs a packet: give the run one");
  return call.packet;
}

/** The part of the packet that R2 (offset) and R4 (size) name; undefined where it is not that long. */
function part(call: HelperCall): Uint8Array | undefined {
  const { bytes } = packetOf(call);
  const [offset, size] = [call.uint(2), call.uint(4)];
  return offset + size > bytes.length ? undefined : bytes.subarray(offset, offset + size);
}

/** The ones' complement sum of 32-bit words, not folded: what the kernel calls a __wsum. */
function sum(bytes: Uint8Array, start: bigint, complement: boolean): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let total = start;
  for (let at = 0; at < bytes.length; at += 4) {
    const word = view.getUint32(at, true);
    total += BigInt(complement ? ~word >>> 0 : word);
  }
  return total;
}

export const packetHelpers: HelperTable = {
  xdp_adjust_head: (call) => (packetOf(call).adjust(call.int(2), 0) ? 0 : -Errno.EINVAL),
  xdp_adjust_tail: (call) => (packetOf(call).adjust(0, call.int(2)) ? 0 : -Errno.EINVAL),
  /** R2 offset, R3 output, R4 size. */
  skb_load_bytes: (call) => {
    const output = call.output(3, call.uint(4));
    const bytes = part(call);
    output.fill(0);
    if (bytes === undefined) return -Errno.EFAULT;
    output.set(bytes);
    return 0;
  },
  /** R2 offset, R3 bytes, R4 their number. */
  skb_store_bytes: (call) => {
    const bytes = part(call);
    if (bytes === undefined) return -Errno.EFAULT;
    bytes.set(call.bytes(3, bytes.length));
    return 0;
  },
  /** R1 and R2 what goes, R3 and R4 what comes (sizes multiples of 4), R5 the sum so far. */
  csum_diff: (call) => {
    const [fromSize, toSize] = [call.uint(2), call.uint(4)];
    if ((fromSize | toSize) % 4 !== 0) return -Errno.EINVAL;
    const from = fromSize === 0 ? new Uint8Array(0) : call.bytes(1, fromSize);
    const to = toSize === 0 ? new Uint8Array(0) : call.bytes(3, toSize);
    let total = sum(to, sum(from, BigInt(call.uint(5)), true), false);
    // Ones' complement: what overflows comes round again.
    while (total > 0xffff_ffffn) total = (total & 0xffff_ffffn) + (total >> 32n);
    return total;
  },
};
