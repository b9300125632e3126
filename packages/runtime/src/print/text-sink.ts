/** Text as bpftrace prints it. */
import { divide } from "../decode/integer.ts";
import type { Reading } from "../decode/reading.ts";
import type { Value } from "../decode/value.ts";
import type { Bytes } from "../decode/bytes.ts";
import type { Line } from "../format/line.ts";
import { escapeTerminal } from "../format/escape.ts";
import type { Printf } from "../format/printf.ts";
import { errorText } from "../naming/errors.ts";
import type { HistogramView } from "./histogram.ts";
import { drawHistogram } from "./histogram.ts";
import { average, sortRows } from "./map-reading.ts";
import type { MapReading } from "./map-reading.ts";
import type { Names } from "./names.ts";
import { drawSeries, newestOf, type SeriesView } from "./series.ts";
import { showKeys, showValue } from "./show.ts";
import type { Notation } from "./show.ts";
import type { LostEvents, MapOptions, Sink } from "./sink.ts";

export interface TextSinkOptions {
  /** Receives the data; called with whole lines where the program prints whole lines. */
  readonly write: (text: string) => void;
  /** Receives lines that are plain bytes; absent: they come as text. */
  readonly writeLine?: ((line: Line, source: Bytes, offset: number) => void) | undefined;
  /** Receives diagnostics, a line at a time, with the newline. */
  readonly diagnose: (text: string) => void;
  readonly names: Names;
  /** Says nothing but data and warnings. */
  readonly quiet: boolean;
  /** Says warnings too. */
  readonly warnings: boolean;
  /** Shows on which CPUs events were lost. */
  readonly verbose: boolean;
}

export function textSink(options: TextSinkOptions): Sink {
  return new TextSink(options);
}

class TextSink implements Sink {
  readonly #options: TextSinkOptions;
  readonly #notation: Notation;
  readonly line: Sink["line"];
  readonly show: (value: Value) => string;
  #written: boolean = false;

  constructor(options: TextSinkOptions) {
    this.#options = options;
    this.#notation = { escape: escapeTerminal, names: options.names };
    const { writeLine } = options;
    this.line =
      writeLine &&
      ((line, source, offset) => {
        this.#written = true;
        writeLine(line, source, offset);
      });
    this.show = (value) => showValue(value, this.#notation);
  }

  attachedProbes(count: number): void {
    if (!this.#options.quiet) this.#options.diagnose(`Attached ${count} ${count === 1 ? "probe" : "probes"}\n`);
  }

  printf(format: Printf, args: readonly Value[]): void {
    this.#write(format(args, escapeTerminal, this.show));
  }

  text(kind: "cat" | "syscall" | "join", text: string): void {
    this.#write(kind === "join" ? escapeTerminal(text) : text);
  }

  say(severity: "error" | "warning", place: string, format: Printf, args: readonly Value[]): void {
    if (severity === "warning" && !this.#options.warnings) return;
    const text = format(args, escapeTerminal, this.show).replace(/\n$/, "");
    this.#options.diagnose(`${place}: ${severity.toUpperCase()}: ${text}\n`);
  }

  time(text: string): void {
    this.#write(text);
  }

  stream(name: string, values: readonly Value[]): void {
    this.#write(`${name}: ${values.map(this.show).join(", ")}\n`);
  }

  value(value: Value, own?: boolean): void {
    this.#write(`${own === true && typeof value === "string" ? value : this.show(value)}\n`);
  }

  map(reading: MapReading, { top, div }: MapOptions): void {
    const { name, value: view, keys } = reading.view;
    const newest = newestOf(reading.rows.map(({ value }) => ("points" in value ? value.points : [])));
    for (const row of sortRows(reading.rows, top)) {
      const title = keys.length === 0 ? name : `${name}[${showKeys(row.keys, this.#notation)}]`;
      if ("counts" in row.value) {
        this.#write(`${title}:\n${drawHistogram(view as HistogramView, row.value.counts, div)}\n`);
      } else if ("points" in row.value) {
        this.#write(`${title}:\n${drawSeries(view as SeriesView, row.value.points, newest, div)}\n`);
      } else {
        this.#write(`${title}: ${this.#number(row.value, div)}\n`);
      }
    }
  }

  helperError(helper: string, place: string, code: number): void {
    this.#options.diagnose(`${place}: WARNING: Failed to ${helper}: ${errorText(BigInt(code))} (${code})\n`);
  }

  test(name: string, passed: boolean): void {
    this.#write(`${passed ? "PASS" : "FAIL"} ${name}\n`);
  }

  benchmarks(nanoseconds: ReadonlyMap<string, number>): void {
    const rows = [["BENCHMARK", "NANOSECONDS"], ...[...nanoseconds].map(([name, value]) => [name, String(value)])];
    const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
    const line = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+\n`;
    const texts = rows.map((row) => `|${row.map((cell, column) => ` ${cell.padEnd(widths[column]!)} `).join("|")}|\n`);
    this.#write(`\n${line}${texts[0]!}${line}${texts.slice(1).join("")}${line}`);
  }

  lostEvents({ events, cpus }: LostEvents): void {
    const places = [...cpus].map(([cpu, count]) => `${count} on CPU ${cpu}`).join(", ");
    this.#options.diagnose(`Lost ${events} events${this.#options.verbose ? ` (${places})` : ""}\n`);
  }

  warning(message: string): void {
    if (this.#options.warnings) this.#options.diagnose(`WARNING: ${message}\n`);
  }

  /** Sets the maps off from what the program printed. */
  end(): void {
    if (this.#written) this.#write("\n");
  }

  #write(text: string): void {
    this.#written = true;
    this.#options.write(text);
  }

  #number(reading: Exclude<Reading, { kind: "hist" | "lhist" | "tseries" }>, div: number): string {
    switch (reading.kind) {
      case "scalar": {
        const { value } = reading;
        return typeof value === "number" || typeof value === "bigint" ? String(divide(value, div)) : this.show(value);
      }
      case "avg":
        return String(divide(average(reading), div));
      case "stats":
        return `{ .count = ${reading.count}, .average = ${divide(average(reading), div)}, .total = ${reading.total} }`;
      default:
        return String(divide(reading.value, div));
    }
  }
}
