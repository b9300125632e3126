/** Shows one monitor: its streams as they come, its metrics when they are asked for and at the end. */
import type { Manifest, MapView, MetricView, MonitorView, StreamView } from "@sonde/bpf/spec";
import { compare } from "../decode/integer.ts";
import type { Reading } from "../decode/reading.ts";
import type { Value } from "../decode/value.ts";
import type { DecoderContext } from "../decoders/decoder.ts";
import type { Printf } from "../format/printf.ts";
import { average, type MapReading } from "../print/map-reading.ts";
import type { Names } from "../print/names.ts";
import { showKeys, showValue, type Notation } from "../print/show.ts";
import type { LostEvents, Sink } from "../print/sink.ts";
import { cellsOf } from "./cells.ts";
import { change, isNothing, naturalType } from "./changes.ts";
import { parseCondition, ConditionError, type Condition } from "./conditions.ts";
import type { MonitorWriter, ShownMetric, ShownSeries, ShownStream } from "./writer.ts";

export interface MonitorSinkOptions {
  readonly writer: MonitorWriter;
  /** Receives diagnostics, a line at a time, with the newline. */
  readonly diagnose: (text: string) => void;
  readonly names: Names;
  /** Only these fields of streams, in this order; all if absent. */
  readonly fields?: readonly string[];
  /** All must hold for an event to be shown; see {@link parseCondition}. */
  readonly conditions?: readonly string[];
  readonly context?: DecoderContext;
}

interface Stream {
  readonly shown: ShownStream;
  readonly conditions: readonly Condition[];
}

interface Metric {
  readonly shown: ShownMetric;
  /** What each series was when it was shown last, by its key. */
  readonly before: Map<string, Reading>;
}

/** Under which the series of all that a map had no room for is kept; those of keys begin with "=". */
const OTHER = "other";

const PLAIN: Omit<Notation, "names"> = { escape: (text) => text };

export class MonitorSink implements Sink {
  readonly #options: MonitorSinkOptions;
  readonly #notation: Notation;
  readonly #streams: ReadonlyMap<string, Stream>;
  /** By the name of their map; several metrics may come from one. */
  readonly #metrics: ReadonlyMap<string, readonly Metric[]>;

  /** Errors: ConditionError for fields that no stream has; TypeError for labels that do not fit their keys. */
  constructor(monitor: MonitorView, manifest: Manifest, options: MonitorSinkOptions) {
    this.#options = options;
    this.#notation = { ...PLAIN, names: options.names };
    this.#streams = new Map(monitor.streams.map((view) => [view.name, this.#stream(view, manifest)]));
    const metrics = new Map<string, Metric[]>();
    for (const view of monitor.metrics) {
      const map = manifest.maps.find(({ name }) => name === view.map);
      if (map === undefined) throw new TypeError(`metric ${view.name}: there is no map ${view.map}`);
      metrics.set(view.map, [...(metrics.get(view.map) ?? []), this.#metric(view, map)]);
    }
    this.#metrics = metrics;
    if (monitor.streams.length === 0 && (options.fields ?? options.conditions ?? []).length > 0)
      throw new ConditionError(`${monitor.name} has no stream whose fields could be chosen or compared`);
  }

  attachedProbes(): void {}

  stream(name: string, values: readonly Value[]): void {
    const stream = this.#streams.get(name);
    if (stream === undefined || !stream.conditions.every((holds) => holds(values))) return;
    if (stream.shown.cells.some((cell) => cell.text(values) === undefined)) return;
    this.#options.writer.event(stream.shown, values);
  }

  printf(format: Printf, args: readonly Value[]): void {
    const { escape } = this.#notation;
    this.#options.writer.text(format(args, escape, (value) => showValue(value, this.#notation)));
  }

  readonly show: (value: Value) => string = (value) => showValue(value, this.#notation);

  text(_: "cat" | "syscall" | "join", text: string): void {
    this.#options.writer.text(text);
  }

  say(severity: "error" | "warning", place: string, format: Printf, args: readonly Value[]): void {
    const text = format(args, this.#notation.escape, this.show);
    this.#options.diagnose(`${place}: ${severity.toUpperCase()}: ${text}\n`);
  }

  time(text: string): void {
    this.#options.writer.text(text);
  }

  value(value: Value): void {
    this.#options.writer.text(`${showValue(value, this.#notation)}\n`);
  }

  /** A map that a metric comes from: what it did since it was shown last. Other maps are the monitor's own business. */
  map(reading: MapReading): void {
    for (const { shown, before } of this.#metrics.get(reading.view.name) ?? []) {
      const series: ShownSeries[] = [];
      const add = (id: string, keys: ShownSeries["keys"], value: Reading): void => {
        const grown = change(before.get(id), value, shown.type);
        before.set(id, value);
        const named = keys === undefined || shown.cells.every((cell) => cell.text(keys) !== undefined);
        if (named && !isNothing(grown)) series.push({ keys, reading: grown });
      };
      for (const { keys, value } of reading.rows) add(`=${showKeys(keys, this.#notation, "\0")}`, keys, value);
      if (reading.other !== undefined) {
        if (!before.has(OTHER)) this.#options.diagnose(fullNote(shown.view.name, reading.view.maxEntries));
        add(OTHER, undefined, reading.other);
      }
      series.sort((a, b) => compare(rank(b.reading), rank(a.reading)));
      this.#options.writer.metric(shown, series);
    }
  }

  /** One look at all metrics. */
  look(readings: readonly MapReading[], time: Date): void {
    this.#options.writer.look(time);
    for (const reading of readings) this.map(reading);
  }

  lostEvents({ events }: LostEvents): void {
    this.#options.diagnose(`Lost ${events} events\n`);
  }

  warning(message: string): void {
    this.#options.diagnose(`WARNING: ${message}\n`);
  }

  /** What the metrics did since they were shown last comes next. */
  end(): void {
    if (this.#metrics.size > 0) this.#options.writer.look(new Date());
  }

  #stream(view: StreamView, manifest: Manifest): Stream {
    const event = manifest.events.find(({ id }) => id === view.event);
    if (event === undefined) throw new TypeError(`stream ${view.name}: there is no event ${view.event}`);
    const { names, fields, conditions = [], context } = this.#options;
    const cells = cellsOf(view.fields, event.fields.length, names, context);
    const chosen = (fields ?? cells.map(({ name }) => name)).map((name) => {
      const index = cells.findIndex((cell) => cell.name === name);
      if (index < 0)
        throw new ConditionError(`there is no field ${name}; there are ${cells.map((cell) => cell.name).join(", ")}`);
      return index;
    });
    return {
      shown: {
        view,
        cells: chosen.map((index) => cells[index]!),
        types: chosen.map((index) => event.fields[view.fields[index]!.part ?? index]!.type),
      },
      conditions: conditions.map((text) => parseCondition(text, cells)),
    };
  }

  #metric(view: MetricView, { keys, value }: MapView): Metric {
    const { names, context } = this.#options;
    const cells = cellsOf(view.labels, keys.length, names, context);
    return { shown: { view, type: view.type ?? naturalType(value), value, cells }, before: new Map() };
  }
}

function fullNote(metric: string, series: number): string {
  return `WARNING: ${metric} is full with ${series} series: what more there are is added up as "other". Raise its maxSeries.\n`;
}

function rank(reading: Reading): number {
  if ("counts" in reading) return reading.counts.reduce((sum, count) => sum + count, 0);
  if ("count" in reading) return Number(average(reading));
  if ("points" in reading) return Number(reading.points.at(-1)?.value ?? 0);
  return Number(reading.value) || 0;
}
