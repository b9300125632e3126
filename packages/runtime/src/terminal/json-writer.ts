/** A monitor as JSON: one object for each event and each series, one a line or all in one array. */
import type { Integer, Value } from "../decode/value.ts";
import { textOf } from "../decoders/decoder.ts";
import { jsonString } from "../format/escape.ts";
import { bucketsInUse, type HistogramView } from "../print/histogram.ts";
import { average } from "../print/map-reading.ts";
import { type Cell, labelText } from "./cells.ts";
import type { MonitorWriter, ShownMetric, ShownSeries, ShownStream } from "./writer.ts";

/** @param array "json": one document, an array; else a line for each object ("jsonl") */
export function jsonWriter(write: (text: string) => void, array: boolean): MonitorWriter {
  return new JsonWriter(write, array);
}

class JsonWriter implements MonitorWriter {
  readonly #write: (text: string) => void;
  readonly #array: boolean;
  #first: boolean = true;
  #time: string = "";

  constructor(write: (text: string) => void, array: boolean) {
    this.#write = write;
    this.#array = array;
  }

  event({ view, cells }: ShownStream, values: readonly Value[]): void {
    this.#emit([member("stream", jsonString(view.name)), ...members(cells, values)]);
  }

  look(time: Date): void {
    this.#time = time.toISOString();
  }

  metric({ view, type, value, cells }: ShownMetric, series: readonly ShownSeries[]): void {
    for (const { keys, reading } of series) {
      const common = [
        member("time", jsonString(this.#time)),
        member("metric", jsonString(view.name)),
        member("type", jsonString(type)),
        ...(view.unit === undefined ? [] : [member("unit", jsonString(view.unit))]),
        member("labels", `{${members(cells, keys).join(",")}}`),
      ];
      if ("counts" in reading) {
        const buckets = bucketsInUse(value as HistogramView, reading.counts).map(
          ({ low, high, count }) => `{"low":${bound(low)},"high":${bound(high)},"count":${count}}`,
        );
        const sum = reading.total === undefined ? [] : [member("sum", String(reading.total))];
        this.#emit([...common, member("buckets", `[${buckets.join(",")}]`), ...sum]);
      } else if ("count" in reading) {
        const figures = { count: reading.count, sum: reading.total, average: average(reading) };
        this.#emit([...common, ...Object.entries(figures).map(([name, figure]) => member(name, String(figure)))]);
      } else if ("points" in reading) {
        const points = reading.points.map(({ number, value }) => `[${number},${value}]`);
        this.#emit([...common, member("points", `[${points.join(",")}]`)]);
      } else this.#emit([...common, member("value", jsonOf(reading.value, textOf(reading.value)))]);
    }
  }

  text(text: string): void {
    this.#emit([member("text", jsonString(text))]);
  }

  end(): void {
    if (this.#array) this.#write(this.#first ? "[]\n" : "\n]\n");
  }

  #emit(parts: readonly string[]): void {
    const object = `{${parts.join(",")}}`;
    if (this.#array) this.#write(`${this.#first ? "[\n" : ",\n"}${object}`);
    else this.#write(`${object}\n`);
    this.#first = false;
  }
}

function members(cells: readonly Cell[], values: readonly Value[] | undefined): string[] {
  return cells.map((cell) => member(cell.name, jsonOf(values && cell.plain(values), labelText(cell, values))));
}

function member(name: string, json: string): string {
  return `${jsonString(name)}:${json}`;
}

function jsonOf(value: Value | Integer | undefined, text: string): string {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  return jsonString(text);
}

/** JSON has no infinity: the bound that there is not is null. */
function bound(value: number): string {
  return Number.isFinite(value) ? String(value) : "null";
}
