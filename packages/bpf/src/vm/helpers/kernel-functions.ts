/** Functions of the kernel that are simulated: open-coded iterators over numbers. */
import { Errno } from "../errno.ts";
import type { Helper, HelperCall } from "./call.ts";
import { MAX_LOOPS } from "./loop-helpers.ts";

/** struct bpf_iter_num: the number that was handed out last, and the one behind the last, both of 32 bits. */
const ITERATOR_BYTES = 8;

const functions: Readonly<Record<string, Helper>> = {
  /** R1 iterator, R2 first number, R3 the one behind the last. */
  bpf_iter_num_new: (call) => {
    const [start, end] = [call.int(2), call.int(3)];
    if (start > end) return begin(call, 0, 0, -Errno.EINVAL);
    if (end - start > MAX_LOOPS) return begin(call, 0, 0, -Errno.E2BIG);
    return begin(call, start - 1, end, 0);
  },
  /** Answers where the next number is: in the iterator; 0 at the end. */
  bpf_iter_num_next: (call) => {
    const view = iterator(call);
    const next = view.getInt32(0, true) + 1;
    if (next >= view.getInt32(4, true)) {
      begin(call, 0, 0, 0);
      return 0;
    }
    view.setInt32(0, next, true);
    return call.argument(1);
  },
  bpf_iter_num_destroy: (call) => {
    begin(call, 0, 0, 0);
  },
};

/** By their names, which objects choose: a map, so that no name means more than is written here. */
export const KERNEL_FUNCTIONS: ReadonlyMap<string, Helper> = new Map(Object.entries(functions));

function iterator(call: HelperCall): DataView {
  const bytes = call.output(1, ITERATOR_BYTES);
  return new DataView(bytes.buffer, bytes.byteOffset, ITERATOR_BYTES);
}

function begin(call: HelperCall, last: number, end: number, answer: number): number {
  const view = iterator(call);
  view.setInt32(0, last, true);
  view.setInt32(4, end, true);
  return answer;
}
