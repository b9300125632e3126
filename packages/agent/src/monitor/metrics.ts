import { bucketBounds, UNITS } from "@sonde/bpf/spec";
import type { MapView, MetricView } from "@sonde/bpf/spec";
import type { Integer, MapReading, Notation, Reading, Value } from "@sonde/runtime";
import { addressesOnly, average, showValue } from "@sonde/runtime";
import { type DecoderContext, Labels } from "@sonde/runtime/decoders";
import type { Family, HistogramSeries, ScalarSeries } from "../exposition/family.ts";
import { renderLabels } from "../exposition/labels.ts";
import { formatNumber } from "../exposition/write.ts";

/** The definition of a metric and the script that feeds it do not agree. */
export class MetricMismatchError extends Error {
  override readonly name = "MetricMismatchError";
}

/** One map of a running monitor as a metric family. */
export interface MetricReader {
  readonly map: string;
  /** The family's name. */
  readonly name: string;
  read(reading: MapReading): Family;
}

const DEFAULT_BUCKETS = { min: 1, max: 2 ** 32 };

/**
 * Prepare the reading of one metric.
 * @throws {MetricMismatchError} no such map, another number of labels than key parts, a type that the map's value cannot have
 */
export function metricReader(
  definition: MetricView,
  views: readonly MapView[],
  context: DecoderContext = {},
): MetricReader {
  const view = views.find((v) => v.name === definition.map);
  if (view === undefined) {
    throw new MetricMismatchError(
      `metric ${definition.name}: the script has no map ${definition.map}; it has ${views.map((v) => v.name).join(", ") || "none"}`,
    );
  }
  const unit = definition.unit === undefined ? { base: "", scale: 1 } : UNITS[definition.unit]!;
  // Formats want a unit to end the name; a name that says it differently is left without one.
  const base = {
    name: definition.name,
    help: definition.help,
    unit: definition.name.endsWith(`_${unit.base}`) ? unit.base : "",
  };
  const labels = new SeriesLabels(labelsOf(definition, view, context));
  const { value } = view;
  if (value.kind === "hist" || value.kind === "lhist") {
    expectType(definition, "histogram", ["histogram"]);
    const buckets =
      value.kind === "hist"
        ? logarithmicBuckets(value.bits, value.buckets, definition.buckets ?? DEFAULT_BUCKETS)
        : linearBuckets(value.min, value.step, value.buckets);
    const bounds = buckets.upper.map((bound) => formatNumber(scaled(bound, unit.scale)));
    const read = (reading: MapReading): Family => ({
      ...base,
      type: "histogram",
      bounds,
      series: histogramSeries(reading, labels, buckets, unit.scale),
    });
    return { map: definition.map, name: definition.name, read };
  }
  const natural = value.kind === "count" || value.kind === "sum" ? "counter" : "gauge";
  const type = expectType(definition, natural, ["counter", "gauge"]) as "counter" | "gauge";
  return {
    map: definition.map,
    name: definition.name,
    read: (reading) => ({ ...base, type, series: scalarSeries(reading, labels, unit.scale) }),
  };
}

function labelsOf({ name, labels }: MetricView, view: MapView, context: DecoderContext): Labels {
  try {
    return new Labels(labels, view.keys.length, context);
  } catch (error) {
    throw new MetricMismatchError(`metric ${name}: ${view.name}: ${(error as Error).message}`, { cause: error });
  }
}

function expectType(definition: MetricView, natural: string, possible: readonly string[]): string {
  const type = definition.type ?? natural;
  if (possible.includes(type)) return type;
  throw new MetricMismatchError(
    `metric ${definition.name}: ${definition.map} can be exported as ${possible.join(" or ")}, not as ${type}`,
  );
}

/** Labels are escaped where they are written, and have no room for stacks. */
const PLAIN: Notation = { escape: (text) => text, names: addressesOnly };

/** Renders each series' labels once, however often it is read. Bounded: the map's size is. */
class SeriesLabels {
  readonly #labels: Labels;
  #known = new Map<string, string>();
  #epoch = 0;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  /** Undefined if the series is to be left out. */
  render(keys: readonly Value[]): string | undefined {
    if (keys.length === 0) return "";
    const { epoch } = this.#labels;
    if (epoch !== this.#epoch) this.#known.clear();
    this.#epoch = epoch;
    const parts = keys.map((key) => showValue(key, PLAIN));
    const id = parts.join("\0");
    let text = this.#known.get(id);
    if (text === undefined) {
      const values = this.#labels.decode(keys);
      if (values === undefined) return undefined;
      text = renderLabels(this.#labels.names, values);
      if (this.#known.size >= 100_000) this.#known.clear();
      this.#known.set(id, text);
    }
    return text;
  }
}

function* scalarSeries(reading: MapReading, labels: SeriesLabels, scale: number): Generator<ScalarSeries> {
  for (const row of reading.rows) {
    const value = numberOf(row.value);
    const text = labels.render(row.keys);
    if (value !== undefined && text !== undefined) yield { labels: text, value: scaled(value, scale) };
  }
}

function numberOf(reading: Reading): Integer | undefined {
  switch (reading.kind) {
    case "hist":
    case "lhist":
      return undefined;
    case "avg":
    case "stats":
      return average(reading);
    case "scalar":
      return numberOfValue(reading.value);
    default:
      return reading.value;
  }
}

/** Text is no figure: such a series is left out. */
function numberOfValue(value: Value): Integer | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return undefined;
}

/** Exact powers of ten come out as people write them: 1023 ns is 0.000001023 s, not 0.0000010230000000000001. */
function scaled(value: Integer, scale: number): number {
  return scale < 1 ? Number(value) / Math.round(1 / scale) : Number(value) * scale;
}

/** Which exported bucket each of the map's buckets belongs to; the one after the last bound is `+Inf`. */
interface Buckets {
  /** Inclusive, in the script's unit. */
  readonly upper: readonly number[];
  readonly index: readonly number[];
}

function logarithmicBuckets(
  bits: number,
  count: number,
  range: { readonly min: number; readonly max: number },
): Buckets {
  const upper: number[] = [];
  const index: number[] = [];
  for (let bucket = 0; bucket < count; bucket++) {
    // Buckets end before a whole number; `le` is inclusive.
    const { high } = bucketBounds(bucket, bits);
    index.push(upper.length);
    if (high >= range.min && high <= range.max) upper.push(high - 1);
  }
  return { upper, index };
}

function linearBuckets(min: number, step: number, count: number): Buckets {
  const upper = Array.from({ length: count - 1 }, (_, i) => min + i * step - 1);
  return { upper, index: Array.from({ length: count }, (_, i) => i) };
}

function* histogramSeries(
  reading: MapReading,
  labels: SeriesLabels,
  buckets: Buckets,
  scale: number,
): Generator<HistogramSeries> {
  for (const row of reading.rows) {
    if (row.value.kind !== "hist" && row.value.kind !== "lhist") continue;
    const text = labels.render(row.keys);
    if (text === undefined) continue;
    const counts = new Float64Array(buckets.upper.length + 1);
    row.value.counts.forEach((count, i) => {
      counts[buckets.index[i]!]! += count;
    });
    const { total } = row.value;
    yield { labels: text, counts, sum: total === undefined ? undefined : scaled(total, scale) };
  }
}
