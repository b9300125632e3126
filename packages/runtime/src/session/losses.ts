/** What programs could not deliver or keep, counted in the kernel for every possible CPU. */
import { LOSS_COUNTERS, LossCounter, type Manifest } from "@sonde/bpf/spec";
import type { BpfMap } from "@sonde/kernel/maps";
import type { LostEvents } from "../print/sink.ts";
import { incomplete, readOutcomes } from "../unwind/outcomes.ts";

/** Since the counters began. */
export interface LossTotals {
  /** Events that the ring had no room for. */
  readonly ringFull: number;
  /** Updates with a new key that a map had no room for. */
  readonly mapFull: number;
  /** Stacks that were not kept. */
  readonly stackLost: number;
  /** User stacks that could not be unwound to their ends, and are kept as far as they go. */
  readonly stackIncomplete: number;
}

export const NOTHING_LOST: LossTotals = { ringFull: 0, mapFull: 0, stackLost: 0, stackIncomplete: 0 };

/** What the counters of an object say now, of all CPUs together. Errors: KernelError of the look-ups. */
export function readLosses({ losses, unwind }: Manifest, map: (name: string) => BpfMap): LossTotals {
  return {
    ...NOTHING_LOST,
    ...(losses !== undefined && readCounters(map(losses))),
    ...(unwind !== undefined && { stackIncomplete: incomplete(readOutcomes(map(unwind.outcomes))) }),
  };
}

function readCounters(map: BpfMap): Omit<LossTotals, "stackIncomplete"> {
  const total = (slot: number): number => {
    const values = map.lookup(new Uint8Array(Uint32Array.of(slot).buffer));
    if (values === undefined) return 0;
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    let sum = 0;
    for (let cpu = 0; cpu < map.layout.cpus; cpu++) sum += Number(view.getBigUint64(cpu * map.layout.stride, true));
    return sum;
  };
  return {
    ringFull: total(LossCounter.RingFull),
    mapFull: total(LossCounter.MapFull),
    stackLost: total(LossCounter.StackLost),
  };
}

/** Growth since the last reading. */
export interface Losses {
  readonly ring: LostEvents;
  /** Insertions that found a map full. */
  readonly mapFull: number;
  /** Stacks that collided with another in their map. */
  readonly stacks: number;
}

export class LossReader {
  readonly #map: BpfMap;
  readonly #cpus: readonly number[];
  /** By counter, then by CPU. */
  readonly #seen: readonly Float64Array[];

  constructor(map: BpfMap, possibleCpus: readonly number[]) {
    this.#map = map;
    this.#cpus = possibleCpus;
    this.#seen = Array.from({ length: LOSS_COUNTERS }, () => new Float64Array(possibleCpus.length));
  }

  read(): Losses {
    const [ring, mapFull, stacks] = [LossCounter.RingFull, LossCounter.MapFull, LossCounter.StackLost].map((slot) =>
      this.#growth(slot),
    );
    return { ring: ring!, mapFull: mapFull!.events, stacks: stacks!.events };
  }

  #growth(slot: number): LostEvents {
    const key = new Uint8Array(4);
    key[0] = slot;
    const values = this.#map.lookup(key);
    const cpus = new Map<number, number>();
    let events = 0;
    if (values === undefined) return { events, cpus };
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    const seen = this.#seen[slot]!;
    this.#cpus.forEach((cpu, i) => {
      const count = Number(view.getBigUint64(i * this.#map.layout.stride, true));
      const growth = count - seen[i]!;
      seen[i] = count;
      if (growth > 0) cpus.set(cpu, growth);
      events += growth;
    });
    return { events, cpus };
  }
}
