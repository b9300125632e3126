/** One metric of a running monitor: its map, read by batches into the columns of a family. */
import { UNITS } from "@sonde/bpf/spec";
import type { MapView, MetricView } from "@sonde/bpf/spec";
import type { BpfMap, MapLayout, Other } from "@sonde/kernel/maps";
import { Bytes } from "@sonde/runtime";
import type { Family } from "../exposition/family.ts";
import { exportedBuckets } from "./buckets.ts";
import { enlarged } from "../exposition/byte-table.ts";
import { Exemplars } from "./exemplars.ts";
import { cpuReader } from "./cpus.ts";
import { eachEntry, type EntryVisitor } from "./entries.ts";
import { Rows } from "./rows.ts";
import { oneStep, type Steps } from "../turns.ts";
import { type KeyLabels, Series } from "./series.ts";
import { slotReader } from "./slots.ts";
import { bucketReader, figureReader, totalReader } from "./values.ts";

/** A metric and the map that feeds it do not agree. */
export class MetricMismatchError extends Error {
  override readonly name = "MetricMismatchError";
}

/** What is needed of a map to read it. */
export type LiveMap = Pick<BpfMap, "layout" | "lookup" | "batches">;

export interface MetricReader {
  /** Of a histogram that wants some: to be told of its stream's events. */
  readonly exemplars?: Exemplars;
  /** As of now, with what the map had no room for. Errors: KernelError of the look-ups. */
  read(map: LiveMap, created: number, other?: Other): Steps<Family>;
}

/** Calls `visit` for each entry; a map without keys is an array with one element. */
type Entries = (map: LiveMap, visit: EntryVisitor) => Steps<void>;

/**
 * Prepare the reading of one metric.
 * @throws {MetricMismatchError} a type that the map's value cannot have
 */
export function metricReader(metric: MetricView, view: MapView, labels: KeyLabels, monitor: string): MetricReader {
  if (metric.slots !== undefined) return slotReader(metric, metric.slots, view, labels, monitor);
  if (metric.cpuLabel !== undefined) return cpuReader(metric, view, labels, monitor);
  const { base, scale } = unitOf(metric);
  const about = { name: metric.name, help: metric.help, unit: base, scale, monitor, ...bareName(metric) };
  const keyed = view.keys.length > 0;
  const forEach = keyed ? eachEntry : singleEntry;
  const series = new SeriesOfMap(labels, view);
  const { value } = view;
  if (value.kind === "hist" || value.kind === "lhist") {
    expectType(metric, "histogram", ["histogram"]);
    const buckets = exportedBuckets(value, metric.buckets, scale);
    const width = value.buckets;
    const exemplars = metric.exemplars && new Exemplars(metric.exemplars, labels.names, buckets, scale);
    return {
      ...(exemplars && { exemplars }),
      *read(map, created, other) {
        const { find, others, rows, table } = series.begin(map.layout.keySize);
        const readTotal = totalReader(value, map.layout);
        let counts = new Float64Array(width * rows.labels.length);
        let sums = new Float64Array(readTotal === undefined ? 0 : rows.labels.length);
        const adder = (layout: MapLayout) => {
          const read = bucketReader(value, layout);
          const total = totalReader(value, layout);
          return (labels: number, values: DataView, at: number): void => {
            const before = rows.count;
            const row = rows.find(labels);
            if (width * row >= counts.length) {
              counts = enlarged(counts, width * rows.labels.length);
              if (total !== undefined) sums = enlarged(sums, rows.labels.length);
            }
            const any = read(values, at, counts, width * row);
            if (!any && !keyed) rows.count = before;
            else if (total !== undefined) sums[row]! += total(values, at);
          };
        };
        const add = adder(map.layout);
        yield* forEach(map, (keys, key, values, at) => {
          const labels = find(keys, key);
          if (labels !== undefined) add(labels, values, at);
        });
        if (other !== undefined) adder(other.layout)(others(), viewOf(other.bytes), 0);
        series.end(rows.count);
        const figures = {
          buckets,
          counts,
          sums: readTotal === undefined ? undefined : sums,
          ...(exemplars && {
            exemplar: (row: number, bucket: number) => exemplars.find(table.text(rows.labels[row]!), bucket),
          }),
        };
        return {
          ...about,
          type: "histogram",
          created,
          count: rows.count,
          labels: table,
          rows: rows.labels,
          ...figures,
        };
      },
    };
  }
  const natural = value.kind === "count" || value.kind === "sum" ? "counter" : "gauge";
  const type = expectType(metric, natural, ["counter", "gauge"]) as "counter" | "gauge";
  return {
    *read(map, created, other) {
      const read = figureReader(value, map.layout, keyed);
      const { find, others, rows, table } = series.begin(map.layout.keySize);
      let figures = new Float64Array(rows.labels.length);
      const add = (labels: number, figure: number): void => {
        const row = rows.find(labels);
        if (row >= figures.length) figures = enlarged(figures, rows.labels.length);
        figures[row]! += figure;
      };
      if (read !== undefined)
        yield* forEach(map, (keys, key, values, at) => {
          const figure = read(values, at);
          const labels = Number.isNaN(figure) ? undefined : find(keys, key);
          if (labels !== undefined) add(labels, figure);
        });
      const rest = other && figureReader(value, other.layout, keyed)?.(viewOf(other.bytes), 0);
      if (rest !== undefined && !Number.isNaN(rest)) add(others(), rest);
      series.end(rows.count);
      const common = { ...about, count: rows.count, labels: table, rows: rows.labels, values: figures };
      return type === "counter" ? { ...common, type, created } : { ...common, type };
    },
  };
}

/** The labels of one map's keys, from one reading to the next. */
class SeriesOfMap {
  readonly #labels: KeyLabels;
  readonly #view: MapView;
  #series: Series | undefined;
  #present: number = 0;

  constructor(labels: KeyLabels, view: MapView) {
    this.#labels = labels;
    this.#view = view;
  }

  begin(keySize: number) {
    // A map without keys is an array: its index is no label.
    const keyBytes = this.#view.keys.length === 0 ? 0 : keySize;
    const series = (this.#series ??= new Series(this.#labels, this.#view.keys, keyBytes));
    series.refresh(this.#present);
    return {
      find: (source: Bytes, offset: number) => series.find(source, offset),
      others: () => series.others(),
      rows: new Rows(this.#present, series.labels.count),
      table: series.labels,
    };
  }

  end(present: number): void {
    this.#present = present;
  }
}

const singleEntry: Entries = (map, visit) =>
  oneStep(() => {
    const values = map.lookup(new Uint8Array(map.layout.keySize));
    if (values !== undefined) visit(new Bytes(new Uint8Array(0)), 0, viewOf(values), 0);
  });

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Formats want a unit to end the name; a name that says it differently is left without one. */
function unitOf({ name, unit }: MetricView): { readonly base: string; readonly scale: number } {
  if (unit === undefined) return { base: "", scale: 1 };
  const { base, scale } = UNITS[unit]!;
  return { base: name.endsWith(`_${base}`) ? base : "", scale };
}

function bareName({ bareName }: MetricView): { readonly bareName?: true } {
  return bareName === true ? { bareName } : {};
}

function expectType(metric: MetricView, natural: string, possible: readonly string[]): string {
  const type = metric.type ?? natural;
  if (possible.includes(type)) return type;
  throw new MetricMismatchError(
    `metric ${metric.name}: ${metric.map} can be exported as ${possible.join(" or ")}, not as ${type}`,
  );
}
