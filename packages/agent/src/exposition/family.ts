/**
 * Metric families as the exposition formats want them, before they are text.
 *
 * Labels arrive rendered (`a="b",c="d"`, escaped, without braces): a series keeps its labels for
 * life, so whoever makes the series renders them once and scrapes only write numbers.
 */
export type Family = ScalarFamily | HistogramFamily;

interface FamilyBase {
  /** Without the suffixes that types bring (`_total`, `_bucket`). */
  readonly name: string;
  readonly help: string;
  /** Base unit, which must then end the name ("seconds", "bytes"); empty for none. */
  readonly unit: string;
}

export interface ScalarFamily extends FamilyBase {
  readonly type: "counter" | "gauge";
  readonly series: Iterable<ScalarSeries>;
}

export interface HistogramFamily extends FamilyBase {
  readonly type: "histogram";
  /** Upper bounds as they are written, ascending, without `+Inf`. */
  readonly bounds: readonly string[];
  readonly series: Iterable<HistogramSeries>;
}

export interface ScalarSeries {
  readonly labels: string;
  readonly value: number;
}

export interface HistogramSeries {
  readonly labels: string;
  /** Observations in each bucket (not cumulated); one more than there are bounds, for those above the last. */
  readonly counts: ArrayLike<number>;
  /** Of all observed values, where it is known. */
  readonly sum: number | undefined;
}
