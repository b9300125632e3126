import { Errno } from "../errno.ts";
import type { HelperTable } from "./call.ts";

/** The kernel's BPF_MAX_LOOPS. */
export const MAX_LOOPS: number = 8 * 1024 * 1024;

export const loopHelpers: HelperTable = {
  /** R1 times, R2 callback of the index and R3, which stops by answering 1. */
  loop: (call) => {
    const [times, callback, context] = [call.uint(1), call.argument(2), call.argument(3)];
    if (call.argument(4) !== 0n) return -Errno.EINVAL;
    if (times > MAX_LOOPS) return -Errno.E2BIG;
    for (let index = 0; index < times; index++) {
      if (call.callback(callback, BigInt(index), context) !== 0n) return index + 1;
    }
    return times;
  },
};
