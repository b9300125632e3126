/** History as whoever draws it wants it: for each series its values at each time. */
import { type Family, scaled } from "../exposition/family.ts";
import { parseLabels } from "../exposition/labels.ts";
import { widthOf } from "./block.ts";
import type { History } from "./history.ts";

/** Null where there was no such series. */
type Values = (number | null)[];

export interface HistorySeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Of a histogram: how many observations. */
  readonly values: Values;
  /** Of a histogram that keeps it: the sum of the observed values. */
  readonly sums?: Values;
  /** Of a histogram, if asked for: cumulative counts, for each bound those of each time. */
  readonly buckets?: readonly Values[];
}

export interface HistoryAnswer {
  readonly metric: string;
  readonly type: Family["type"];
  readonly unit: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  /** Of a histogram: upper bounds in the base unit, without the last. */
  readonly bounds?: readonly string[];
  readonly series: readonly HistorySeries[];
  /** Series that were left out for the limit. */
  readonly omitted: number;
}

export interface HistoryQuery {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly buckets: boolean;
  /** Most series. */
  readonly limit: number;
}

/** Undefined when there is none of this name. */
export function historyOf(
  history: History,
  name: string,
  { since, buckets, limit }: HistoryQuery,
): HistoryAnswer | undefined {
  const blocks = history.blocks(name, since);
  const family = blocks.at(-1)?.family;
  if (family === undefined) return undefined;
  const histogram = family.type === "histogram";
  const bounds = histogram ? family.buckets.bounds : [];
  const times: number[] = [];
  const series = new Map<string, { values: Values; sums: Values; buckets: Values[] }>();
  let omitted = 0;
  const known = new Set<string>();
  for (const block of blocks) {
    if (block.family.type !== family.type) continue;
    const width = widthOf(block.family);
    const { scale } = block.family;
    block.read((time, figures) => {
      if (time < since) return;
      const position = times.push(time / 1000) - 1;
      for (let at = 0, labels = 0; at < figures.length; at += width, labels++) {
        if (Number.isNaN(figures[at]!)) continue;
        const text = block.labels.text(labels);
        let own = series.get(text);
        if (own === undefined) {
          if (series.size >= limit) {
            if (!known.has(text)) omitted++;
            known.add(text);
            continue;
          }
          own = { values: [], sums: [], buckets: buckets ? bounds.map(() => []) : [] };
          series.set(text, own);
        }
        if (block.family.type !== "histogram") put(own.values, position, scaled(figures[at]!, scale));
        else {
          const { index } = block.family.buckets;
          let count = 0;
          let bucket = 0;
          for (let i = 0; i < index.length; i++) {
            for (; bucket < index[i]!; bucket++)
              if (buckets && bucket < bounds.length) put(own.buckets[bucket]!, position, count);
            count += figures[at + i]!;
          }
          for (; buckets && bucket < bounds.length; bucket++) put(own.buckets[bucket]!, position, count);
          put(own.values, position, count);
          const sum = figures[at + width - 1]!;
          if (!Number.isNaN(sum)) put(own.sums, position, scaled(sum, scale));
        }
      }
    });
  }
  return {
    metric: name,
    type: family.type,
    unit: family.unit,
    times,
    ...(histogram && { bounds }),
    series: Array.from(series, ([labels, own]) => ({
      labels: Object.fromEntries(parseLabels(labels)),
      values: filled(own.values, times.length),
      ...(own.sums.length > 0 && { sums: filled(own.sums, times.length) }),
      ...(histogram && buckets && { buckets: own.buckets.map((values) => filled(values, times.length)) }),
    })),
    omitted,
  };
}

function put(values: Values, position: number, value: number): void {
  while (values.length < position) values.push(null);
  values[position] = value;
}

function filled(values: Values, length: number): Values {
  while (values.length < length) values.push(null);
  return values;
}
