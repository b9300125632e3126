/** Which buckets are exported of those that a program fills. */
import { bucketBounds, linearBounds } from "@sonde/bpf/spec";
import type { MetricView, ValueView } from "@sonde/bpf/spec";
import { formatNumber } from "../exposition/number.ts";
import { type Buckets, scaled } from "../exposition/family.ts";

/** Of a hist whose metric names none, in the program's unit. */
const DEFAULT_RANGE = { min: 1, max: 2 ** 32 };

export function exportedBuckets(
  value: Extract<ValueView, { readonly kind: "hist" | "lhist" }>,
  range: MetricView["buckets"],
  scale: number,
): Buckets {
  return value.kind === "hist"
    ? logarithmic(value.bits, value.buckets, range ?? DEFAULT_RANGE, scale)
    : linear(value, scale);
}

/** Buckets end before a whole number, and `le` is inclusive: [4, 8) is le="7". */
function logarithmic(
  bits: number,
  count: number,
  { min, max }: { readonly min: number; readonly max: number },
  scale: number,
): Buckets {
  const source: number[] = [];
  const bounds: string[] = [];
  const index = new Uint16Array(count);
  for (let bucket = 0; bucket < count; bucket++) {
    const { high } = bucketBounds(bucket, bits);
    source.push(high - 1);
    index[bucket] = bounds.length;
    if (high >= min && high <= max) bounds.push(formatNumber(scaled(high - 1, scale)));
  }
  return { source, bounds, index, bits };
}

/** The first bucket is for values below, the last for those at or above the range. */
function linear(view: Extract<ValueView, { readonly kind: "lhist" }>, scale: number): Buckets {
  const source = Array.from({ length: view.buckets }, (_, i) => linearBounds(view, i).high - 1);
  const bounds = source.slice(0, -1).map((upper) => formatNumber(scaled(upper, scale)));
  return { source, bounds, index: Uint16Array.from(source.keys()), bits: undefined };
}
