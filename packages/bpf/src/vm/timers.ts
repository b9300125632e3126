/** Timers (bpf_timer) of a machine whose clock its user moves: they wait until they are told that it is time. */
import { Errno } from "./errno.ts";
import { Trap } from "./fault.ts";
import type { HelperCall, HelperTable } from "./helpers/call.ts";
import { VmMap } from "./maps/map.ts";

/** BPF_F_TIMER_ABS: the time is one of the clock, not one from now. */
const ABSOLUTE = 1;
/** sizeof(struct bpf_timer) */
const TIMER_BYTES = 16;

export interface DueTimer {
  /** Of the struct bpf_timer in its map's value. */
  readonly address: bigint;
  readonly map: VmMap;
  readonly callback: bigint;
  /** That it was started on. */
  readonly cpu: number;
}

interface Timer {
  readonly map: VmMap;
  callback?: bigint;
  cpu?: number;
  /** Undefined while it is not started. */
  expires?: bigint | undefined;
}

export class Timers {
  /** By address, in the order in which they were made. */
  readonly #timers = new Map<bigint, Timer>();

  /** When the next one expires; undefined while none is started. */
  get next(): bigint | undefined {
    return this.#first()?.[1].expires;
  }

  /** The one that expires first, if its time has come; it is not started any more. */
  take(now: bigint): DueTimer | undefined {
    const [address, timer] = this.#first() ?? [];
    if (address === undefined || timer?.expires === undefined || timer.expires > now) return undefined;
    timer.expires = undefined;
    return { address, map: timer.map, callback: timer.callback!, cpu: timer.cpu! };
  }

  readonly helpers: HelperTable = {
    /** R2: the map whose value it lies in. */
    timer_init: (call) => {
      const address = addressOf(call);
      if (this.#timers.has(address)) return -Errno.EBUSY;
      this.#timers.set(address, { map: call.map(2, VmMap) });
      return 0;
    },
    timer_set_callback: (call) => {
      const timer = this.#timers.get(addressOf(call));
      if (timer === undefined) return -Errno.EINVAL;
      timer.callback = call.argument(2);
      return 0;
    },
    /** R2: nanoseconds; R3: flags. */
    timer_start: (call) => {
      const timer = this.#timers.get(addressOf(call));
      if (timer?.callback === undefined) return -Errno.EINVAL;
      const from = (call.uint(3) & ABSOLUTE) === 0 ? call.environment.time("monotonic") : 0n;
      timer.expires = from + call.argument(2);
      timer.cpu = call.cpu;
      return 0;
    },
    /** 1 if it was started. */
    timer_cancel: (call) => {
      const timer = this.#timers.get(addressOf(call));
      if (timer === undefined) return -Errno.EINVAL;
      const active = timer.expires !== undefined;
      timer.expires = undefined;
      return active ? 1 : 0;
    },
  };

  /** Of those that expire at the same time, the one that was made first. */
  #first(): [bigint, Timer] | undefined {
    let first: [bigint, Timer] | undefined;
    for (const [address, timer] of this.#timers)
      if (timer.expires !== undefined && (first === undefined || timer.expires < first[1].expires!))
        first = [address, timer];
    return first;
  }
}

function addressOf(call: HelperCall): bigint {
  call.output(1, TIMER_BYTES);
  const address = call.argument(1);
  if (address % 8n !== 0n) throw new Trap(`a timer at 0x${address.toString(16)}, which is no multiple of 8`, address);
  return address;
}
