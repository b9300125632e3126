/** Some minutes of one family: the samples' times, and its figures as compressed columns. */
import type { Family } from "../exposition/family.ts";
import type { ByteTable } from "../exposition/byte-table.ts";
import { ColumnWriter, readColumns } from "./column-codec.ts";

const MOST_SAMPLES = 60;

export class Block {
  /** As it was at the last sample: what its figures mean. */
  family: Family;
  readonly times: number[] = [];
  readonly #widths: number[] = [];
  #writer: ColumnWriter | undefined = new ColumnWriter();
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(family: Family) {
    this.family = family;
  }

  get labels(): ByteTable {
    return this.family.labels;
  }

  get memory(): number {
    return (this.#writer?.memory ?? this.#bytes.length) + 16 * this.times.length;
  }

  /** Whether a sample of this family can go on where this block stands. */
  takes(family: Family): boolean {
    return this.#writer !== undefined && this.times.length < MOST_SAMPLES && sameShape(family, this.family);
  }

  add(time: number, family: Family): void {
    const figures = figuresOf(family);
    this.family = family;
    this.times.push(time);
    this.#widths.push(figures.length);
    this.#writer!.add(figures);
  }

  /** No sample is added any more. */
  close(): void {
    this.#bytes = this.#writer?.finish() ?? this.#bytes;
    this.#writer = undefined;
  }

  /**
   * Calls `visit` for each sample, the oldest first. The series whose labels are number i has the figures from
   * `i * width` on: one value; or the counts of the program's buckets, then the sum; NaN where it was not there.
   */
  read(visit: (time: number, figures: Float64Array) => void): void {
    let sample = 0;
    readColumns(this.#writer?.finish() ?? this.#bytes, this.#widths, (figures) =>
      visit(this.times[sample++]!, figures),
    );
  }
}

/** Figures of one series. */
export function widthOf(family: Family): number {
  return family.type === "histogram" ? family.buckets.index.length + 1 : 1;
}

function sameShape(a: Family, b: Family): boolean {
  return a.labels === b.labels && a.type === b.type && a.scale === b.scale && widthOf(a) === widthOf(b);
}

/** By the numbers of labels instead of by row: those stay from one reading to the next. */
function figuresOf(family: Family): Float64Array {
  const width = widthOf(family);
  const figures = new Float64Array(width * family.labels.count).fill(Number.NaN);
  for (let row = 0; row < family.count; row++) {
    const at = width * family.rows[row]!;
    if (family.type === "histogram") {
      const buckets = width - 1;
      figures.set(family.counts.subarray(row * buckets, (row + 1) * buckets), at);
      figures[at + buckets] = family.sums?.[row] ?? Number.NaN;
    } else figures[at] = family.values[row]!;
  }
  return figures;
}
