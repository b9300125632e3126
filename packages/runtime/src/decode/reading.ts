/**
 * A map's value as it is read: the CPUs' values merged into one by the rules of the manifest's
 * ValueView.
 */
import type { ValueView } from "@sonde/bpf/spec";
import type { Bytes } from "./bytes.ts";
import { decoderOf } from "./decoder.ts";
import { add, readInt64, readUint64 } from "./integer.ts";
import { pointsOf } from "./series.ts";
import type { Integer, Value } from "./value.ts";

export type Reading =
  | { readonly kind: "scalar"; readonly value: Value }
  | { readonly kind: "count" | "sum" | "min" | "max"; readonly value: Integer }
  /** By the numbers of the intervals, which ascend. */
  | { readonly kind: "tseries"; readonly points: readonly Point[] }
  | { readonly kind: "avg" | "stats"; readonly count: Integer; readonly total: Integer }
  /** One count for each bucket of the view; `total` is the sum of the values, where the program keeps it. */
  | { readonly kind: "hist" | "lhist"; readonly counts: Float64Array; readonly total: Integer | undefined };

/** What was kept of one interval. */
export interface Point {
  /** The interval's number: it begins at number times its length, in nanoseconds since 1970. */
  readonly number: bigint;
  readonly value: Integer;
}

/** Where the values of one entry lie: `cpus` of them, `stride` bytes apart (1 when not per CPU). */
export interface Layout {
  readonly cpus: number;
  readonly stride: number;
}

/** Reads the entry whose first CPU's value is at an offset; undefined if it was never written. */
export type Reader = (source: Bytes, offset: number) => Reading | undefined;

/**
 * `keyed`: the entry exists because its key does, so it reads as zeros rather than as absent. What
 * is all zeros in a map without keys was never written.
 */
export function readerOf(view: ValueView, layout: Layout, keyed: boolean): Reader {
  switch (view.kind) {
    case "scalar": {
      const decode = decoderOf(view.type);
      const { setOffset } = view;
      if (setOffset === undefined) return (source, offset) => ({ kind: "scalar", value: decode(source, offset) });
      return (source, offset) =>
        isSet(source, offset + setOffset) ? { kind: "scalar", value: decode(source, offset) } : undefined;
    }
    case "count": {
      const { offset: from = 0 } = view;
      return (source, offset) => {
        const value = sum(source, offset + from, layout, false);
        return value === 0 && !keyed ? undefined : { kind: "count", value };
      };
    }
    case "sum":
      return (source, offset) =>
        keyed || anySet(source, offset + 8, layout)
          ? { kind: "sum", value: sum(source, offset, layout, view.signed) }
          : undefined;
    case "min":
    case "max":
      return extremeReader(view.kind, view.signed, layout, keyed);
    case "avg":
    case "stats": {
      const { kind, signed } = view;
      return (source, offset) => {
        const count = sum(source, offset + 8, layout, false);
        if (count === 0 && !keyed) return undefined;
        return { kind, count, total: sum(source, offset, layout, signed) };
      };
    }
    case "hist":
    case "lhist": {
      const { kind, buckets, totalOffset } = view;
      return (source, offset) => {
        const counts = bucketSums(source, offset, layout, buckets);
        if (!keyed && counts.every((count) => count === 0)) return undefined;
        const total = totalOffset === undefined ? undefined : sum(source, offset + totalOffset, layout, true);
        return { kind, counts, total };
      };
    }
    case "tseries":
      return (source, offset) => {
        const points = pointsOf(view, layout, source, offset);
        return points.length === 0 && !keyed ? undefined : { kind: "tseries", points };
      };
  }
}

function extremeReader(kind: "min" | "max", signed: boolean, layout: Layout, keyed: boolean): Reader {
  const read = signed ? readInt64 : readUint64;
  return (source, offset) => {
    let best: Integer | undefined;
    for (let cpu = 0, at = offset; cpu < layout.cpus; cpu++, at += layout.stride) {
      if (!isSet(source, at + 8)) continue;
      const value = read(source.view, at);
      if (best === undefined || (kind === "min" ? value < best : value > best)) best = value;
    }
    if (best === undefined && !keyed) return undefined;
    return { kind, value: best ?? 0 };
  };
}

function isSet(source: Bytes, offset: number): boolean {
  return source.view.getUint32(offset, true) !== 0 || source.view.getUint32(offset + 4, true) !== 0;
}

function anySet(source: Bytes, offset: number, layout: Layout): boolean {
  for (let cpu = 0; cpu < layout.cpus; cpu++) if (isSet(source, offset + cpu * layout.stride)) return true;
  return false;
}

function sum(source: Bytes, offset: number, layout: Layout, signed: boolean): Integer {
  const read = signed ? readInt64 : readUint64;
  let total: Integer = read(source.view, offset);
  for (let cpu = 1; cpu < layout.cpus; cpu++)
    total = add(total, read(source.view, offset + cpu * layout.stride), signed);
  return total;
}

/** Counts of events stay far below 2^53, so plain numbers hold them. */
function bucketSums(source: Bytes, offset: number, layout: Layout, buckets: number): Float64Array {
  const counts = new Float64Array(buckets);
  for (let cpu = 0; cpu < layout.cpus; cpu++) {
    let at = offset + cpu * layout.stride;
    for (let i = 0; i < buckets; i++, at += 8) {
      const low = source.view.getUint32(at, true);
      const high = source.view.getUint32(at + 4, true);
      if (low !== 0 || high !== 0) counts[i]! += high * 4294967296 + low;
    }
  }
  return counts;
}
