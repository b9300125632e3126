/** Stacks, where the environment has any. */
import { Errno } from "../errno.ts";
import { KeyedMap } from "../maps/keyed-map.ts";
import { identity, toBytes } from "../maps/values.ts";
import type { HelperCall, HelperTable } from "./call.ts";

/** Flags of both helpers: frames to leave out, and whose stack. */
const SKIP_MASK = 0xff;
const USER_STACK = 0x100;
/** Of bpf_get_stackid: another stack with the same id is written over. */
const REUSE = 0x400;

const ADDRESS_BYTES = 8;

/** As many return addresses as fit into `size` bytes; undefined where there is no stack. */
function frames(call: HelperCall, flags: number, size: number): Uint8Array | undefined {
  const stack = call.environment.stack((flags & USER_STACK) === 0 ? "kernel" : "user");
  if (stack === undefined) return undefined;
  const wanted = stack.slice(flags & SKIP_MASK, (flags & SKIP_MASK) + Math.floor(size / ADDRESS_BYTES));
  const bytes = new Uint8Array(wanted.length * ADDRESS_BYTES);
  for (const [index, address] of wanted.entries())
    bytes.set(toBytes(address, ADDRESS_BYTES, "an address"), index * ADDRESS_BYTES);
  return bytes;
}

/** 32 bits of Fowler, Noll and Vo's hash (FNV-1a). */
function hash(bytes: Uint8Array): number {
  return bytes.reduce((state, byte) => Math.imul(state ^ byte, 0x0100_0193), 0x811c_9dc5) >>> 0;
}

export const stackHelpers: HelperTable = {
  /** R1 context, R2 stack map, R3 flags: an id that is the same for the same stack. */
  get_stackid: (call) => {
    const map = call.map(2, KeyedMap);
    const flags = call.uint(3);
    const stack = frames(call, flags, map.spec.valueSize);
    if (stack === undefined) return -Errno.EFAULT;
    const id = hash(stack) % map.spec.maxEntries;
    const value = new Uint8Array(map.spec.valueSize);
    value.set(stack);
    const present = map.get(id);
    if (present !== undefined && identity(present) !== identity(value) && (flags & REUSE) === 0) return -Errno.EEXIST;
    map.set(id, value);
    return id;
  },
  /** R1 context, R2 buffer, R3 its size, R4 flags: bytes written. */
  get_stack: (call) => {
    const output = call.output(2, call.uint(3)).fill(0);
    const stack = frames(call, call.uint(4), output.length);
    if (stack === undefined) return -Errno.EFAULT;
    output.set(stack);
    return stack.length;
  },
};
