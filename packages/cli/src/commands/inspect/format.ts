/** Numbers and names as a person reads them. Names are of whoever loaded an object: they are escaped here. */
import { escapeTerminal } from "@sonde/runtime";
import type { Cost, HoldingProcess } from "@sonde/kernel/objects";

/** One line whatever is in it. */
export function printable(text: string): string {
  return escapeTerminal(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** Three digits and a prefix: 0, 0.4, 12.3, 999, 12.3k, 4.56M. */
export function count(number: number): string {
  if (number === 0) return "0";
  if (number < 0.05) return "<0.1";
  const prefixes = ["", "k", "M", "G", "T"];
  let value = number;
  let power = 0;
  while (value >= 999.5 && power < prefixes.length - 1) {
    value /= 1000;
    power++;
  }
  return `${digits(value, power === 0 ? 1 : 2)}${prefixes[power]!}`;
}

/** Three significant digits, at most `decimals` behind the point, and no zeros at the end. */
function digits(value: number, decimals: number): string {
  const places = Math.min(decimals, value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
  const text = value.toFixed(places);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** 512 B, 4.1 KiB, 4 MiB. */
export function bytes(number: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = number;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${digits(value, unit === 0 ? 0 : 1)} ${units[unit]!}`;
}

/** Of one CPU: 0.02%, 1.5%, 130%. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.005) return "<0.01%";
  return `${value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)}%`;
}

/** Events a second, nanoseconds an event, share of a CPU, as cells; dashes for what was not measured. */
export function costCells(cost: Cost | undefined): readonly [events: string, nanoseconds: string, cpu: string] {
  if (cost === undefined) return ["-", "-", "-"];
  const { eventsPerSecond, nanosecondsPerEvent, cpu } = cost;
  return [
    count(eventsPerSecond),
    nanosecondsPerEvent === undefined ? "-" : nanosecondsPerEvent.toFixed(0),
    percent(cpu),
  ];
}

/** "sonde 1234, bash 77, /sys/fs/bpf/x"; "-" where only the kernel keeps it. */
export function holdersText({
  processes,
  pins,
}: {
  readonly processes: readonly HoldingProcess[];
  readonly pins: readonly string[];
}): string {
  const all = [...processes.map(({ pid, comm }) => `${printable(comm)} ${pid}`), ...pins.map(printable)];
  return all.length === 0 ? "-" : all.join(", ");
}

/** "2026-11-22 14:36:59", in this machine's time. */
export function moment(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** "1 program", "2 programs". */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
