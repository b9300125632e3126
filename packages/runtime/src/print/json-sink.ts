/**
 * bpftrace's JSON: one object a line, `{"type": ..., "data": ...}`, with a space after colons and
 * between the members of objects, but none between the elements of arrays.
 */
import { divide } from "../decode/integer.ts";
import type { Point, Reading } from "../decode/reading.ts";
import type { Integer, Value } from "../decode/value.ts";
import { jsonString } from "../format/escape.ts";
import type { Printf } from "../format/printf.ts";
import { bucketsInUse } from "./histogram.ts";
import { errorText } from "../naming/errors.ts";
import type { HistogramView } from "./histogram.ts";
import { average, sortRows } from "./map-reading.ts";
import type { MapReading } from "./map-reading.ts";
import type { Names } from "./names.ts";
import { timeOfDay, type SeriesView } from "./series.ts";
import { showKeys, showValue } from "./show.ts";
import type { Notation } from "./show.ts";
import type { LostEvents, MapOptions, Sink } from "./sink.ts";

export interface JsonSinkOptions {
  readonly write: (text: string) => void;
  readonly diagnose: (text: string) => void;
  readonly names: Names;
  /** Says warnings too. */
  readonly warnings: boolean;
}

export function jsonSink(options: JsonSinkOptions): Sink {
  return new JsonSink(options);
}

class JsonSink implements Sink {
  readonly #options: JsonSinkOptions;
  /** Escaping is JSON's own, of whole strings. */
  readonly #notation: Notation;

  constructor(options: JsonSinkOptions) {
    this.#options = options;
    this.#notation = { escape: (data) => data, names: options.names };
  }

  attachedProbes(count: number): void {
    this.#options.write(`{"type": "attached_probes", "count": ${count}, "data": {"probes": ${count}}}\n`);
  }

  printf(format: Printf, args: readonly Value[]): void {
    const { escape } = this.#notation;
    this.#emit("printf", jsonString(format(args, escape, (value) => showValue(value, this.#notation))));
  }

  get show(): (value: Value) => string {
    return (value) => showValue(value, this.#notation);
  }

  text(kind: "cat" | "syscall" | "join", text: string): void {
    this.#emit(kind, jsonString(text));
  }

  say(severity: "error" | "warning", place: string, format: Printf, args: readonly Value[]): void {
    const type = severity === "error" ? "errorf" : "warnf";
    if (severity === "warning" && !this.#options.warnings) return;
    const text = jsonString(format(args, this.#notation.escape, this.show));
    this.#options.write(`{"type": "${type}", "msg": ${text}, ${position(place)}}\n`);
  }

  time(text: string): void {
    this.#emit("time", jsonString(text));
  }

  stream(name: string, values: readonly Value[]): void {
    this.#emit("stream", `{${jsonString(name)}: [${values.map((value) => this.#json(value)).join(",")}]}`);
  }

  value(value: Value): void {
    this.#emit("value", this.#json(value));
  }

  map(reading: MapReading, { top, div }: MapOptions): void {
    const { name, value: view, keys } = reading.view;
    const rows = sortRows(reading.rows, top);
    const members = rows.map(
      (row) => `${jsonString(showKeys(row.keys, this.#notation, ","))}: ${this.#reading(row.value, view, div)}`,
    );
    const [only] = rows;
    if (keys.length > 0) {
      this.#emit(typeOf(view.kind), `{${jsonString(name)}: {${members.join(", ")}}}`);
    } else if (only !== undefined) {
      this.#emit(typeOf(view.kind), `{${jsonString(name)}: ${this.#reading(only.value, view, div)}}`);
    }
  }

  helperError(helper: string, place: string, code: number): void {
    const msg = jsonString(errorText(BigInt(code)));
    this.#options.write(
      `{"type": "helper_error", "msg": ${msg}, "helper": "${helper}", "retcode": ${code}, ${position(place)}}\n`,
    );
  }

  test(name: string, passed: boolean): void {
    this.#emit("test_result", `{${jsonString(name)}: ${passed}}`);
  }

  benchmarks(nanoseconds: ReadonlyMap<string, number>): void {
    const members = [...nanoseconds].map(([name, value]) => `${jsonString(name)}: ${value}`);
    this.#emit("benchmark_results", `{${members.join(", ")}}`);
  }

  lostEvents({ events, cpus }: LostEvents): void {
    const members = [...cpus].map(([cpu, count]) => `"${cpu}": ${count}`);
    this.#emit("lost_events", `{"events": ${events}, "cpus": {${members.join(", ")}}}`);
  }

  warning(message: string): void {
    if (this.#options.warnings) this.#options.diagnose(`WARNING: ${message}\n`);
  }

  end(): void {}

  #emit(type: string, data: string): void {
    this.#options.write(`{"type": "${type}", "data": ${data}}\n`);
  }

  #reading(reading: Reading, view: MapReading["view"]["value"], div: number): string {
    switch (reading.kind) {
      case "scalar": {
        const { value } = reading;
        return typeof value === "number" || typeof value === "bigint" ? number(divide(value, div)) : this.#json(value);
      }
      case "avg":
        return number(divide(average(reading), div));
      case "stats":
        return `{"count": ${number(reading.count)}, "average": ${number(divide(average(reading), div))}, "total": ${number(reading.total)}}`;
      case "hist":
      case "lhist":
        return histogram(view as HistogramView, reading.counts, reading.kind === "hist" ? div : 1);
      case "tseries":
        return series(view as SeriesView, reading.points, div);
      default:
        return number(divide(reading.value, div));
    }
  }

  /** Enumerators and pointers are numbers here; symbols and stacks text. */
  #json(value: Value): string {
    if (typeof value === "string") return jsonString(value);
    if (typeof value === "boolean") return String(value);
    if (typeof value !== "object") return number(value);
    if (value instanceof Uint8Array) return `[${Array.from(value).join(",")}]`;
    if (!("kind" in value)) return `[${value.map((item) => this.#json(item)).join(",")}]`;
    switch (value.kind) {
      case "enum":
        return number(value.value);
      case "pointer":
        return number(value.address);
      case "tuple":
        return `[${value.items.map((item) => this.#json(item)).join(",")}]`;
      case "record":
        return `{${value.fields.map((field) => `${jsonString(field.name)}: ${this.#json(field.value)}`).join(", ")}}`;
      default:
        return jsonString(showValue(value, this.#notation));
    }
  }
}

/** Of "stdin:1:9-62". */
function position(place: string): string {
  const [, filename = "", line = "1", column = "1"] = /^(.*):(\d+):(\d+)-\d+$/.exec(place) ?? [];
  return `"filename": ${jsonString(filename)}, "line": ${line}, "col": ${column}`;
}

function typeOf(kind: string): string {
  if (kind === "hist" || kind === "lhist") return "hist";
  if (kind === "tseries") return kind;
  return kind === "avg" || kind === "stats" ? "stats" : "map";
}

/** JSON's numbers are doubles: an integer that would not survive goes as a string. */
function number(value: Integer): string {
  return typeof value === "number" || BigInt(Number(value)) === value ? String(value) : `"${value}"`;
}

/** `max` is the largest value in the bucket, not the first above it. */
function histogram(view: HistogramView, counts: Float64Array, div: number): string {
  const buckets = bucketsInUse(view, counts).map(({ low, high, count }) => {
    const min = low === -Infinity ? "" : `"min": ${exact(low)}, `;
    const max = high === Infinity ? "" : `"max": ${exact(high, 1n)}, `;
    return `{${min}${max}"count": ${Math.floor(count / div)}}`;
  });
  return `[${buckets.join(", ")}]`;
}

function series({ interval }: SeriesView, points: readonly Point[], div: number): string {
  const items = points.map(({ number: index, value }) => {
    const start = timeOfDay(index * BigInt(interval), 9, "%Y-%m-%d %H:%M:%S");
    return `{"interval_start":"${start}","value":${number(divide(value, div))}}`;
  });
  return `[${items.join(",")}]`;
}

/** `bound - less` with all its digits, which a number's own text lacks beyond 2^53. */
function exact(bound: number, less: bigint = 0n): string {
  return String(BigInt(bound) - less);
}
