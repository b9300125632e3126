/** A monitor as a person reads it: events as rows under a header, metrics as histograms and top lists. */
import type { DataType } from "@sonde/bpf/spec";
import type { Value } from "../decode/value.ts";
import { textOf } from "../decoders/decoder.ts";
import { escapeTerminal } from "../format/escape.ts";
import { drawHistogram, type HistogramView } from "../print/histogram.ts";
import { average } from "../print/map-reading.ts";
import { type Cell, labelText } from "./cells.ts";
import type { MonitorWriter, ShownMetric, ShownSeries, ShownStream } from "./writer.ts";

export interface ColumnOptions {
  readonly write: (text: string) => void;
  /** Rows of a list of series, and histograms of a metric; what is left out is counted. */
  readonly top: number;
  /** Put the time before each event. */
  readonly timestamps: boolean;
}

export function columnWriter(options: ColumnOptions): MonitorWriter {
  return new ColumnWriter(options);
}

const GAP = "  ";
const TIME_WIDTH = 12;

class ColumnWriter implements MonitorWriter {
  readonly #options: ColumnOptions;
  /** Whose header was written last: rows of another stream get theirs again. */
  #header: ShownStream | undefined;
  readonly #widths = new Map<ShownStream, readonly number[]>();

  constructor(options: ColumnOptions) {
    this.#options = options;
  }

  event(stream: ShownStream, values: readonly Value[]): void {
    const { write, timestamps } = this.#options;
    const { cells, types } = stream;
    let widths = this.#widths.get(stream);
    if (widths === undefined) this.#widths.set(stream, (widths = cells.map((cell, i) => widthOf(cell, types[i]!))));
    const row = (texts: readonly string[], time: string): string =>
      `${[
        ...(timestamps ? [time.padEnd(TIME_WIDTH)] : []),
        ...texts.map((text, i) =>
          isNumeric(cells[i]!, types[i]!) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!),
        ),
      ]
        .join(GAP)
        .trimEnd()}\n`;
    if (this.#header !== stream) {
      if (this.#header !== undefined) write("\n");
      write(
        row(
          cells.map(({ name }) => name.toUpperCase()),
          "TIME",
        ),
      );
      this.#header = stream;
    }
    const texts = cells.map((cell) => oneLine(cell.text(values) ?? ""));
    write(row(texts, timestamps ? clock(new Date(), 3) : ""));
  }

  look(time: Date): void {
    this.#header = undefined;
    this.#options.write(`\n${clock(time, 0)}\n`);
  }

  metric(metric: ShownMetric, series: readonly ShownSeries[]): void {
    if (series.length === 0) return;
    if (metric.type === "histogram") this.#histograms(metric, series);
    else this.#list(metric, series);
    const more = series.length - this.#options.top;
    if (more > 0) this.#options.write(`... ${more} more\n`);
  }

  text(text: string): void {
    this.#options.write(escapeTerminal(text));
  }

  end(): void {}

  #histograms(metric: ShownMetric, series: readonly ShownSeries[]): void {
    for (const { keys, reading } of series.slice(0, this.#options.top)) {
      if (!("counts" in reading)) continue;
      const labels = metric.cells.map((cell) => `${cell.name}=${escapeTerminal(labelText(cell, keys))}`).join(", ");
      this.#options.write(
        `\n${heading(metric)}${labels === "" ? "" : `, ${labels}`}\n${drawHistogram(metric.value as HistogramView, reading.counts, 1)}`,
      );
    }
  }

  #list(metric: ShownMetric, series: readonly ShownSeries[]): void {
    const rows = series
      .slice(0, this.#options.top)
      .map(({ keys, reading }) => [
        ...metric.cells.map((cell) => escapeTerminal(labelText(cell, keys))),
        figure(reading),
      ]);
    this.#options.write(`\n${heading(metric)}\n`);
    // A stack has lines of its own, so its figure stands below it, as a table cannot hold it.
    if (rows.some((row) => row.some((text) => text.includes("\n"))))
      return this.#options.write(rows.map((row) => `${row.join("\n")}\n`).join(""));
    const titles = [...metric.cells.map(({ name }) => name.toUpperCase()), "VALUE"];
    const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
    const line = (row: readonly string[]): string =>
      `${row.map((text, i) => (i === row.length - 1 ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join(GAP)}\n`;
    this.#options.write(titles.length === 1 ? rows.map(line).join("") : [titles, ...rows].map(line).join(""));
  }
}

function heading({ view }: ShownMetric): string {
  return `${view.help}${view.unit === undefined ? "" : ` (${view.unit})`}`;
}

function figure(reading: ShownSeries["reading"]): string {
  if ("counts" in reading) return "";
  if ("points" in reading) return String(reading.points.at(-1)?.value ?? "-");
  if (reading.kind === "stats")
    return `${average(reading)} on average, ${reading.count} times, ${reading.total} in all`;
  if ("count" in reading) return String(average(reading));
  return escapeTerminal(textOf(reading.value));
}

/** An event is one line, whatever its data hold. */
function oneLine(text: string): string {
  return escapeTerminal(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

function isNumeric(cell: Cell, type: DataType): boolean {
  return type.kind === "int" && cell.plain !== cell.text;
}

/** Wide enough for what is usual; a longer text shifts its row. The last column needs none. */
function widthOf(cell: Cell, type: DataType): number {
  return Math.max(cell.name.length, usualWidth(cell, type));
}

function usualWidth(cell: Cell, type: DataType): number {
  if (cell.plain === cell.text) return 16;
  switch (type.kind) {
    case "int":
      return type.size === 8 ? 10 : 7;
    case "bool":
      return 5;
    case "string":
      return Math.min(type.size, 16);
    default:
      return 12;
  }
}

/** Local time, with as many decimals of seconds. */
function clock(time: Date, decimals: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const text = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return decimals === 0 ? text : `${text}.${String(time.getMilliseconds()).padStart(decimals, "0")}`;
}
