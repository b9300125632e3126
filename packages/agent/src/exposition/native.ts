/**
 * A program's histogram as a native (exponential) one. Bucket i of schema s covers
 * (2^((i-1) / 2^s), 2^(i / 2^s)].
 *
 * Buckets of hist() that are counted in a unit whose base is a power of two away (bytes, sectors, plain
 * numbers) are those of schema 0 exactly. In others (nanoseconds as seconds) the bounds fall between: then
 * the schema is eight times as fine, and each bucket's count goes where the greatest value of that
 * bucket belongs, so that no quantile is told too low.
 */
import type { Buckets } from "./family.ts";

export interface NativeHistogram {
  readonly schema: number;
  /** Observations of zero, and of what is below: programs count those in one bucket. */
  readonly zero: number;
  /** Counts by bucket number, ascending, without zeros. */
  readonly buckets: readonly (readonly [index: number, count: number])[];
}

/** Undefined for linear buckets. */
export function nativeHistogram(
  counts: ArrayLike<number>,
  { source, bits }: Buckets,
  scale: number,
): NativeHistogram | undefined {
  if (bits === undefined) return undefined;
  const schema = bits === 0 && Number.isInteger(Math.log2(scale)) ? 0 : Math.min(8, bits + 3);
  const buckets: [number, number][] = [];
  let zero = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (count === 0) continue;
    const greatest = source[i]! * scale;
    if (greatest <= 0) zero += count;
    else {
      const index = Math.ceil(Math.log2(greatest) * 2 ** schema);
      const last = buckets.at(-1);
      if (last?.[0] === index) last[1] += count;
      else buckets.push([index, count]);
    }
  }
  return { schema, zero, buckets };
}

/** Runs of neighbouring buckets: a gap before each and its length, and the counts as differences. */
export function spansOf(buckets: NativeHistogram["buckets"]): {
  readonly spans: readonly { readonly offset: number; readonly length: number }[];
  readonly deltas: readonly number[];
} {
  const spans: { offset: number; length: number }[] = [];
  const deltas: number[] = [];
  let next = 0;
  let before = 0;
  for (const [index, count] of buckets) {
    const last = spans.at(-1);
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - next, length: 1 });
    deltas.push(count - before);
    before = count;
    next = index + 1;
  }
  return { spans, deltas };
}
