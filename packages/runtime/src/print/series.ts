/** Time series as bpftrace draws them: a row for each interval, the values from left to right. */
import type { ValueView } from "@sonde/bpf/spec";
import { divide } from "../decode/integer.ts";
import type { Point } from "../decode/reading.ts";
import type { Integer } from "../decode/value.ts";
import { strftime } from "../format/strftime.ts";

export type SeriesView = Extract<ValueView, { kind: "tseries" }>;

/** Columns between the least and the largest value. */
const WIDTH = 52;

/** From coarse to fine: how long an interval is at least, and how the time of day is written then. */
const PRECISIONS = [
  { interval: 1_000_000_000, title: "hh:mm:ss", digits: 0 },
  { interval: 1_000_000, title: "hh:mm:ss.ms", digits: 3 },
  { interval: 1000, title: "hh:mm:ss.us", digits: 6 },
  { interval: 1, title: "hh:mm:ss.ns", digits: 9 },
] as const;

/**
 * One line for each interval from the first with a value to the last, and two lines above and below them.
 * @param newest the number of the newest interval of the whole map, up to which a series goes
 * @param div each value is divided by this
 */
export function drawSeries(view: SeriesView, points: readonly Point[], newest: bigint, div: number): string {
  const [first] = points;
  if (first === undefined) return "";
  const values = new Map(points.map(({ number, value }) => [number, divide(value, div)]));
  const last = smaller(newest, first.number + BigInt(view.intervals) - 1n);
  const precision =
    PRECISIONS.find(({ interval }) => view.interval >= interval && last > first.number) ?? PRECISIONS[3];
  const margin = "hh:mm:ss".length + (precision.digits === 0 ? 0 : precision.digits + 1);
  const [low, high] = rangeOf([...values.values()]);
  const scale = `${" ".repeat(margin + 1)}${String(low).padEnd(WIDTH + 1 - String(high).length)}${high}\n`;
  const border = (side: string): string => `${side}${"_".repeat(WIDTH - 1)}${side}\n`;
  const lines = [scale, `${precision.title.padEnd(margin)} ${border("|")}`];
  for (let number = first.number; number <= last; number++) {
    const value = values.get(number);
    const time = timeOfDay(number * BigInt(view.interval), precision.digits);
    lines.push(`${time} ${row(value, low, high)} ${value ?? "-"}\n`);
  }
  lines.push(`${" ".repeat(margin)} ${border("v")}`, scale);
  return lines.join("");
}

/** The newest interval of several series. */
export function newestOf(all: readonly (readonly Point[])[]): bigint {
  return all.reduce((newest, points) => {
    const number = points.at(-1)?.number ?? 0n;
    return number > newest ? number : newest;
  }, 0n);
}

/** Local time, cut to so many digits of the second. */
export function timeOfDay(nanoseconds: bigint, digits: number, format: string = "%H:%M:%S"): string {
  const seconds = strftime(format, new Date(Number(nanoseconds / 1_000_000n)));
  if (digits === 0) return seconds;
  return `${seconds}.${String(nanoseconds % 1_000_000_000n)
    .padStart(9, "0")
    .slice(0, digits)}`;
}

/** The least and the largest value; one that stands alone stands in the middle. */
function rangeOf(values: readonly Integer[]): readonly [Integer, Integer] {
  const low = values.reduce((a, b) => (b < a ? b : a));
  const high = values.reduce((a, b) => (b > a ? b : a));
  return low == high ? [BigInt(low) - 1n, BigInt(high) + 1n] : [low, high];
}

function row(value: Integer | undefined, low: Integer, high: Integer): string {
  const cells = ["|", ...new Array<string>(WIDTH - 1).fill(" "), "|"];
  if (low < 0 && high > 0) cells[columnOf(0, low, high)] = ".";
  if (value !== undefined) cells[columnOf(value, low, high)] = "*";
  return cells.join("");
}

function columnOf(value: Integer, low: Integer, high: Integer): number {
  return Number(((BigInt(value) - BigInt(low)) * BigInt(WIDTH)) / (BigInt(high) - BigInt(low)));
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
