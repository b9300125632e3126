/** The ranges of processes' code, in memory that programs in the kernel search. */
import { UNWIND_RANGES, UnwindRange } from "@sonde/bpf/spec";

/** Code of a process that has one section of a table, or none. Addresses are the process's. */
export interface Range {
  readonly start: number;
  /** The first address after it. */
  readonly end: number;
  readonly origin: number;
  readonly chunk: number;
  readonly base: number;
}

/** Neighbouring ranges, those of one process. */
export interface Block {
  readonly first: number;
  readonly count: number;
}

export class Ranges {
  readonly #memory: DataView;
  /** Sorted, no two of them adjacent. */
  readonly #free: { first: number; count: number }[] = [{ first: 0, count: UNWIND_RANGES }];

  /** `memory`: that of the map of ranges. */
  constructor(memory: ArrayBuffer) {
    this.#memory = new DataView(memory);
  }

  /** Writes sorted ranges to where nobody looks yet; undefined if there is no room. */
  write(ranges: readonly Range[]): Block | undefined {
    const index = this.#free.findIndex(({ count }) => count >= ranges.length);
    const free = this.#free[index];
    if (free === undefined) return undefined;
    const block = { first: free.first, count: ranges.length };
    free.first += block.count;
    free.count -= block.count;
    if (free.count === 0) this.#free.splice(index, 1);
    for (const [i, range] of ranges.entries()) this.#writeRange((block.first + i) * UnwindRange.size, range);
    return block;
  }

  /** No program may still be told of them. */
  free({ first, count }: Block): void {
    if (count === 0) return;
    let index = this.#free.findIndex((block) => block.first > first);
    if (index < 0) index = this.#free.length;
    this.#free.splice(index, 0, { first, count });
    for (const left of [index, index - 1]) {
      const [a, b] = [this.#free[left], this.#free[left + 1]];
      if (a === undefined || b === undefined || a.first + a.count !== b.first) continue;
      a.count += b.count;
      this.#free.splice(left + 1, 1);
    }
  }

  #writeRange(at: number, { start, end, origin, chunk, base }: Range): void {
    const view = this.#memory;
    view.setBigUint64(at + UnwindRange.start, BigInt(start), true);
    view.setBigUint64(at + UnwindRange.end, BigInt(end), true);
    view.setBigUint64(at + UnwindRange.origin, BigInt.asUintN(64, BigInt(origin)), true);
    view.setUint32(at + UnwindRange.chunk, chunk, true);
    view.setUint32(at + UnwindRange.base, base, true);
  }
}
