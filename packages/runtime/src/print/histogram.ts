/** Histograms as bpftrace draws them: from the first bucket in use to the last, one bar for each. */
import { bucketBounds, linearBounds } from "@sonde/bpf/spec";
import type { ValueView } from "@sonde/bpf/spec";

export type HistogramView = Extract<ValueView, { kind: "hist" | "lhist" }>;

export interface Bucket {
  /** -Infinity in a bucket for everything below. */
  readonly low: number;
  /** The first value above; Infinity in a bucket for everything from `low`. */
  readonly high: number;
  readonly count: number;
}

/** What bucket `index` covers: [low, high). */
export function boundsOf(view: HistogramView, index: number): { readonly low: number; readonly high: number } {
  return view.kind === "hist" ? bucketBounds(index, view.bits) : linearBounds(view, index);
}

/** The buckets from the first to the last that is not empty. */
export function bucketsInUse(view: HistogramView, counts: Float64Array): Bucket[] {
  let first = 0;
  while (first < counts.length && counts[first] === 0) first++;
  let last = counts.length - 1;
  while (last > first && counts[last] === 0) last--;
  const buckets: Bucket[] = [];
  for (let i = first; i <= last && i < counts.length; i++) buckets.push({ ...boundsOf(view, i), count: counts[i]! });
  return buckets;
}

const BAR = 52;

/** One line for each bucket in use, each with its newline. @param div each count of a `hist` is divided by this */
export function drawHistogram(view: HistogramView, counts: Float64Array, div: number): string {
  const divisor = view.kind === "hist" ? div : 1;
  const buckets = bucketsInUse(view, counts).map((bucket) => ({
    ...bucket,
    count: Math.floor(bucket.count / divisor),
  }));
  const largest = buckets.reduce((max, bucket) => Math.max(max, bucket.count), 0);
  return buckets.map((bucket) => line(view, bucket, largest)).join("");
}

function line(view: HistogramView, { low, high, count }: Bucket, largest: number): string {
  const bar = "@".repeat(barWidth(count, largest)).padEnd(BAR);
  return `${interval(view, low, high).padEnd(16)}${String(count).padStart(8)} |${bar}|\n`;
}

/** Rounded in single precision, so that bars end where bpftrace's end. */
function barWidth(count: number, largest: number): number {
  if (largest === 0) return 0;
  return Math.trunc(Math.fround(Math.fround(Math.fround(count) / Math.fround(largest)) * BAR));
}

function interval(view: HistogramView, low: number, high: number): string {
  if (low === -Infinity) return `(..., ${label(view, high)})`;
  if (high === Infinity) return `[${label(view, low)}, ...)`;
  return high - low === 1 ? `[${low}]` : `[${label(view, low)}, ${label(view, high)})`;
}

function label(view: HistogramView, value: number): string {
  return view.kind === "hist" ? binaryLabel(value, view.bits) : linearLabel(value, view.step);
}

/** In units of 2^10, 2^20 ... of the bucket's width; 2^bits buckets share a power of two. */
function binaryLabel(value: number, bits: number): string {
  if (value < 2 ** (bits + 1)) return String(value);
  const decade = Math.floor((Math.floor(Math.log2(value)) - bits) / 10);
  return `${value / 1024 ** decade}${"KMGTPE"[decade - 1] ?? ""}`;
}

/** Steps that are multiples of 1024 are written in K and M. */
function linearLabel(value: number, step: number): string {
  if (step % 1024 !== 0 || value === 0) return String(value);
  if (value % 1048576 === 0) return `${value / 1048576}M`;
  return value % 1024 === 0 ? `${value / 1024}K` : String(value);
}
