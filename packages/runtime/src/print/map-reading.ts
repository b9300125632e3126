/** What a map held at one moment, and the order in which it is shown. */
import type { MapView } from "@sonde/bpf/spec";
import { compare, divide } from "../decode/integer.ts";
import type { Reading } from "../decode/reading.ts";
import type { Integer, Value } from "../decode/value.ts";

export interface Row {
  /** One value for each key part; empty for a map without keys. */
  readonly keys: readonly Value[];
  readonly value: Reading;
}

export interface MapReading {
  readonly view: MapView;
  /** In the kernel's order. A map without keys has one row, or none if it was never written. */
  readonly rows: readonly Row[];
  /** The value of all keys that the map had no room for; absent while it has had room for all, or has no such value. */
  readonly other?: Reading;
}

/** Total over count, towards zero; 0 for no events. */
export function average(reading: { readonly count: Integer; readonly total: Integer }): Integer {
  return reading.count == 0 ? 0 : divide(reading.total, reading.count);
}

/**
 * Rows as bpftrace orders them: by value from small to large (averages for avg and stats, the number
 * of events for histograms), and by key where values are equal or have no order.
 * @param top only this many of the largest; 0 for all
 */
export function sortRows(rows: readonly Row[], top: number = 0): Row[] {
  const ranked = rows.map((row) => ({ row, rank: rank(row.value) }));
  ranked.sort((a, b) => compare(a.rank, b.rank) || compareLists(a.row.keys, b.row.keys));
  const sorted = ranked.map(({ row }) => row);
  return top > 0 ? sorted.slice(-top) : sorted;
}

function rank(reading: Reading): Integer {
  switch (reading.kind) {
    case "scalar":
      return typeof reading.value === "number" || typeof reading.value === "bigint" ? reading.value : 0;
    case "avg":
    case "stats":
      return average(reading);
    case "tseries":
      return 0;
    case "hist":
    case "lhist":
      return reading.counts.reduce((sum, count) => sum + count, 0);
    default:
      return reading.value;
  }
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareValues(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Values of the same type; what has no natural order counts as equal. */
function compareValues(a: Value, b: Value): number {
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  const orderA = orderOf(a);
  const orderB = orderOf(b);
  return typeof orderA === "object" && typeof orderB === "object"
    ? compareLists(orderA, orderB)
    : compare(orderA as Integer, orderB as Integer);
}

function orderOf(value: Value): Integer | readonly Value[] {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") return 0;
  if (value instanceof Uint8Array) return Array.from(value);
  if (!("kind" in value)) return value;
  switch (value.kind) {
    case "enum":
      return value.value;
    case "pointer":
    case "symbol":
      return value.address;
    case "stack":
      return value.id;
    case "tuple":
      return value.items;
    case "record":
      return value.fields.map((field) => field.value);
  }
}
