/** Records to user space: ring buffers and perf event arrays. */
import { Errno } from "../errno.ts";
import { Trap } from "../fault.ts";
import { PerfEventMap, RingMap } from "../maps/ring-map.ts";
import { highOf } from "../memory.ts";
import type { HelperCall, HelperTable } from "./call.ts";

/** BPF_F_CURRENT_CPU, in the flags of perf_event_output. */
const CURRENT_CPU = 0xffff_ffff;

/** What bpf_ringbuf_query can be asked. */
const Query = { AVAILABLE: 0, SIZE: 1, CONSUMED: 2, PRODUCED: 3 } as const;

function finish(call: HelperCall, state: "submitted" | "discarded"): void {
  const address = call.argument(1);
  const ring = call.memory.region(highOf(address))?.object;
  if (!(ring instanceof RingMap)) throw new Trap(`0x${address.toString(16)} is no reserved record of a ring`, address);
  ring.finish(address, state);
}

export const ringHelpers: HelperTable = {
  /** R1 ring, R2 size, R3 flags. */
  ringbuf_reserve: (call) => (call.argument(3) === 0n ? call.map(1, RingMap).reserve(call.uint(2)) : 0n),
  ringbuf_submit: (call) => finish(call, "submitted"),
  ringbuf_discard: (call) => finish(call, "discarded"),
  /** R1 ring, R2 bytes, R3 their number. */
  ringbuf_output: (call) => {
    const ring = call.map(1, RingMap);
    const bytes = call.bytes(2, call.uint(3));
    const address = ring.reserve(bytes.length);
    if (address === 0n) return -Errno.EAGAIN;
    call.memory.bytes(address, bytes.length, true).set(bytes);
    ring.finish(address, "submitted");
    return 0;
  },
  ringbuf_query: (call) => {
    const ring = call.map(1, RingMap);
    const { produced, consumed } = ring.positions;
    switch (call.uint(2)) {
      case Query.AVAILABLE:
        return produced - consumed;
      case Query.SIZE:
        return ring.spec.maxEntries;
      case Query.CONSUMED:
        return consumed;
      case Query.PRODUCED:
        return produced;
      default:
        return 0;
    }
  },
  /** R2 map, R3 flags with the CPU, R4 bytes, R5 their number. */
  perf_event_output: (call) => {
    const cpu = call.uint(3) === CURRENT_CPU ? call.cpu : call.uint(3);
    if (cpu >= call.cpus) return -Errno.E2BIG;
    // The kernel writes only to the event of the CPU it runs on.
    if (cpu !== call.cpu) return -Errno.EOPNOTSUPP;
    call.map(2, PerfEventMap).output(cpu, call.bytes(4, call.uint(5)));
    return 0;
  },
};
