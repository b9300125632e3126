/**
 * Metric families as every way out sees them: the text formats, protobuf, JSON, history, push.
 *
 * A family is columns: labels that were rendered once (`a="b",c="d"`, escaped, without braces; a series
 * keeps them for life) and figures in typed arrays, in the unit that the program counts in.
 */
import { ByteTable } from "./byte-table.ts";

export type Family = ScalarFamily | HistogramFamily;

interface FamilyBase {
  /** Without the suffixes that types bring (`_total`, `_bucket`). */
  readonly name: string;
  readonly help: string;
  /** Base unit, which must then end the name ("seconds", "bytes"); empty for none. */
  readonly unit: string;
  /** From the program's unit to the base unit, by {@link scaled}. */
  readonly scale: number;
  /** Of counters and histograms: since when they count, in milliseconds since 1970. */
  readonly created?: number;
  /** Exported under this name alone, without the suffix of its type. */
  readonly bareName?: true;
  /** Absent where it does not matter: the agent's own. */
  readonly monitor?: string;
  /** How many series. */
  readonly count: number;
  /** All labels that this family has had. */
  readonly labels: ByteTable;
  /** Of series i: which of the labels are its own. */
  readonly rows: Uint32Array;
}

export interface ScalarFamily extends FamilyBase {
  readonly type: "counter" | "gauge";
  readonly values: Float64Array;
}

export interface HistogramFamily extends FamilyBase {
  readonly type: "histogram";
  readonly buckets: Buckets;
  /** Observations (not cumulated): of series i from `i * buckets.source.length` on. */
  readonly counts: Float64Array;
  /** Of all observed values, where it is known. */
  readonly sums: Float64Array | undefined;
  /** What was seen lately in a bucket, by series and exported bucket. */
  readonly exemplar?: (series: number, bucket: number) => Exemplar | undefined;
}

/** The buckets that a program fills, and the fewer that are exported. */
export interface Buckets {
  /** Of the program's buckets: the greatest whole number in each, in its unit; the last may be infinite. */
  readonly source: readonly number[];
  /** Of the exported ones: inclusive upper bounds as they are written, ascending, in the base unit, without `+Inf`. */
  readonly bounds: readonly string[];
  /** Of the program's buckets: the exported one; `bounds.length` is `+Inf`. */
  readonly index: Uint16Array;
  /** They are powers of 2, each halved `bits` times; undefined for linear ones, which native histograms have none for. */
  readonly bits: number | undefined;
}

export interface Exemplar {
  /** Rendered as those of series are. */
  readonly labels: string;
  /** In the base unit. */
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Exact powers of ten come out as people write them: 1023 ns is 0.000001023 s, not 0.0000010230000000000001. */
export function scaled(value: number, scale: number): number {
  if (scale === 1) return value;
  return scale < 1 ? value / Math.round(1 / scale) : value * scale;
}

/** Observations of a series by exported bucket, not cumulated; the last is `+Inf`. Written into `into` if given. */
export function exportedCounts(
  { buckets, counts }: HistogramFamily,
  series: number,
  into: Float64Array = new Float64Array(buckets.bounds.length + 1),
): Float64Array {
  const { index } = buckets;
  into.fill(0);
  for (let i = 0, at = series * index.length; i < index.length; i++, at++) into[index[i]!]! += counts[at]!;
  return into;
}

/** How many lines a family has as text. */
export function seriesCount(family: Family): number {
  if (family.type !== "histogram") return family.count;
  return family.count * (family.buckets.bounds.length + 2 + (family.sums === undefined ? 0 : 1));
}

/** A family of few series from rows: labels as {@link renderLabels} makes them, and a value. */
export function scalarFamily(
  type: "counter" | "gauge",
  about: { readonly name: string; readonly help: string; readonly unit?: string; readonly created?: number },
  rows: readonly (readonly [labels: string, value: number])[],
): ScalarFamily {
  const labels = new ByteTable();
  const encoder = new TextEncoder();
  const indices = rows.map(([text]) => {
    const bytes = encoder.encode(text);
    return labels.intern(bytes, 0, bytes.length);
  });
  return {
    type,
    unit: "",
    scale: 1,
    ...about,
    count: rows.length,
    labels,
    rows: Uint32Array.from(indices),
    values: Float64Array.from(rows, ([, value]) => value),
  };
}
