/** Reading memory that may not be there: a fault is an errno and zeros, not the end of the program. */
import { Errno } from "../errno.ts";
import type { HelperCall, HelperTable } from "./call.ts";

type Space = "kernel" | "user" | "any";

/** The kernel half of the address space is the one with the sign bit. */
function isKernel(address: bigint): boolean {
  return BigInt.asIntN(64, address) < 0n;
}

/** The errno for reading from this address as memory of that space, or 0 if it may be tried. */
function refusal(address: bigint, space: Space): number {
  if (space === "kernel" && !isKernel(address)) return Errno.ERANGE;
  return space === "user" && isKernel(address) ? Errno.EFAULT : 0;
}

/** R1 output, R2 its size, R3 where to read. */
function read(call: HelperCall, space: Space): number {
  const output = call.output(1, call.uint(2));
  const source = call.argument(3);
  const refused = refusal(source, space);
  const bytes = refused === 0 ? call.memory.tryBytes(source, output.length) : undefined;
  if (bytes === undefined) {
    output.fill(0);
    return -(refused || Errno.EFAULT);
  }
  output.set(bytes);
  return 0;
}

/** The same up to a NUL, which always ends what is written: the bytes written, the NUL included. */
function readString(call: HelperCall, space: Space): number {
  const output = call.output(1, call.uint(2));
  if (output.length === 0) return 0;
  const source = call.argument(3);
  const refused = refusal(source, space);
  const text = refused === 0 ? call.memory.tryString(source, output.length - 1) : undefined;
  if (text === undefined) {
    output.fill(0);
    return -(refused || Errno.EFAULT);
  }
  output.set(text);
  output[text.length] = 0;
  return text.length + 1;
}

export const readHelpers: HelperTable = {
  probe_read: (call) => read(call, "any"),
  probe_read_kernel: (call) => read(call, "kernel"),
  probe_read_user: (call) => read(call, "user"),
  copy_from_user: (call) => read(call, "user"),
  probe_read_str: (call) => readString(call, "any"),
  probe_read_kernel_str: (call) => readString(call, "kernel"),
  probe_read_user_str: (call) => readString(call, "user"),
  /** R3 and R4 as by the C library, of at most R2 bytes: the sign of the first difference. */
  strncmp: (call) => {
    const limit = call.uint(2);
    const [left, right] = [call.bytes(1, limit), call.memory.tryString(call.argument(3), limit)];
    if (right === undefined) return -Errno.EFAULT;
    for (let index = 0; index < limit; index++) {
      const difference = left[index]! - (right[index] ?? 0);
      if (difference !== 0 || left[index] === 0) return Math.sign(difference);
    }
    return 0;
  },
};
