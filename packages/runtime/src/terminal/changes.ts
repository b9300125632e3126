/**
 * What a metric did since it was shown last. The kernel's maps go on counting and are never cleared, so
 * nothing that comes between two looks is lost.
 */
import type { MetricType, ValueView } from "@sonde/bpf/spec";
import type { Reading } from "../decode/reading.ts";
import type { Integer } from "../decode/value.ts";

/** A counter's or a histogram's growth; a gauge as it is. */
export function change(before: Reading | undefined, now: Reading, type: MetricType): Reading {
  if (before === undefined || type === "gauge") return now;
  if ("counts" in now && "counts" in before) {
    const counts = now.counts.map((count, i) => count - before.counts[i]!);
    const total = now.total === undefined || before.total === undefined ? undefined : minus(now.total, before.total);
    return { kind: now.kind, counts, total };
  }
  if ("total" in now && "total" in before && now.kind === before.kind && "count" in now && "count" in before)
    return { kind: now.kind, count: minus(now.count, before.count), total: minus(now.total, before.total) };
  if (now.kind === "scalar" || before.kind === "scalar")
    return now.kind === "scalar" && before.kind === "scalar" && isInteger(now.value) && isInteger(before.value)
      ? { kind: "scalar", value: minus(now.value, before.value) }
      : now;
  if ("value" in now && "value" in before) return { kind: now.kind, value: minus(now.value, before.value) };
  return now;
}

/** Whether there is anything to show. */
export function isNothing(reading: Reading): boolean {
  if ("points" in reading) return reading.points.length === 0;
  if ("counts" in reading) return reading.counts.every((count) => count === 0);
  if ("count" in reading) return Number(reading.count) === 0;
  return isInteger(reading.value) && Number(reading.value) === 0;
}

/** What a map's value is exported as unless its metric says otherwise. */
export function naturalType(view: ValueView): MetricType {
  switch (view.kind) {
    case "count":
    case "sum":
      return "counter";
    case "hist":
    case "lhist":
      return "histogram";
    default:
      return "gauge";
  }
}

function isInteger(value: unknown): value is Integer {
  return typeof value === "number" || typeof value === "bigint";
}

function minus(a: Integer, b: Integer): Integer {
  return typeof a === "number" && typeof b === "number" ? a - b : BigInt(a) - BigInt(b);
}
