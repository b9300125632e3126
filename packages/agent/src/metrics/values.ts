/**
 * A map's value as one figure: all CPUs' together, straight from the bytes that the kernel copied. A
 * metric is a double, so whole numbers are exact up to 2^53; NaN says that there is no figure.
 */
import type { DataType, ValueView } from "@sonde/bpf/spec";
import type { MapLayout } from "@sonde/kernel/maps";

/** Reads the entry whose first CPU's value is at a byte offset. */
export type FigureReader = (view: DataView, offset: number) => number;

type Scalar = Exclude<ValueView, { readonly kind: "hist" | "lhist" }>;
type Distribution = Extract<ValueView, { readonly kind: "hist" | "lhist" }>;

/**
 * `keyed`: the entry exists because its key does; without keys what is all zeros was never written. Undefined
 * where there is no figure: whoever scrapes makes time series of its own.
 */
export function figureReader(value: Scalar, { cpus, stride }: MapLayout, keyed: boolean): FigureReader | undefined {
  switch (value.kind) {
    case "scalar": {
      const read = numberReader(value.type);
      const { setOffset } = value;
      if (read === undefined || setOffset === undefined) return read;
      return (view, offset) => (isSet(view, offset + setOffset) ? read(view, offset) : Number.NaN);
    }
    case "count": {
      const { offset: from = 0 } = value;
      return (view, offset) => {
        const count = sum(view, offset + from, cpus, stride, readUnsigned);
        return count === 0 && !keyed ? Number.NaN : count;
      };
    }
    case "sum": {
      const read = value.signed ? readSigned : readUnsigned;
      return (view, offset) =>
        keyed || anySet(view, offset + 8, cpus, stride) ? sum(view, offset, cpus, stride, read) : Number.NaN;
    }
    case "min":
    case "max": {
      const read = value.signed ? readSigned : readUnsigned;
      const better = value.kind === "min" ? Math.min : Math.max;
      return (view, offset) => {
        let best = Number.NaN;
        for (let cpu = 0, at = offset; cpu < cpus; cpu++, at += stride) {
          if (isSet(view, at + 8)) best = Number.isNaN(best) ? read(view, at) : better(best, read(view, at));
        }
        return Number.isNaN(best) && keyed ? 0 : best;
      };
    }
    case "avg":
    case "stats": {
      const read = value.signed ? readSigned : readUnsigned;
      return (view, offset) => {
        const count = sum(view, offset + 8, cpus, stride, readUnsigned);
        if (count === 0) return keyed ? 0 : Number.NaN;
        return sum(view, offset, cpus, stride, read) / count;
      };
    }
    case "tseries":
      return undefined;
  }
}

/** Adds an entry's buckets to `counts` from `at` on; false when there was nothing in any. */
export type BucketReader = (view: DataView, offset: number, counts: Float64Array, at: number) => boolean;

export function bucketReader({ buckets }: Distribution, { cpus, stride }: MapLayout): BucketReader {
  return (view, offset, counts, at) => {
    let any = false;
    for (let cpu = 0; cpu < cpus; cpu++) {
      for (let i = 0, from = offset + cpu * stride; i < buckets; i++, from += 8) {
        const low = view.getUint32(from, true);
        const high = view.getUint32(from + 4, true);
        if ((low | high) === 0) continue;
        counts[at + i]! += high * 4294967296 + low;
        any = true;
      }
    }
    return any;
  };
}

/** The sum of a distribution's values, where the program keeps it. */
export function totalReader({ totalOffset }: Distribution, { cpus, stride }: MapLayout): FigureReader | undefined {
  if (totalOffset === undefined) return undefined;
  return (view, offset) => sum(view, offset + totalOffset, cpus, stride, readSigned);
}

/** Text, stacks and records are no figures: undefined. */
function numberReader(type: DataType): FigureReader | undefined {
  switch (type.kind) {
    case "bool":
      return (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1);
    case "pointer":
      return readUnsigned;
    case "int":
    case "enum":
      return integerReader(type.size, type.signed);
    default:
      return undefined;
  }
}

function integerReader(size: 1 | 2 | 4 | 8, signed: boolean): FigureReader {
  switch (size) {
    case 1:
      return signed ? (view, offset) => view.getInt8(offset) : (view, offset) => view.getUint8(offset);
    case 2:
      return signed ? (view, offset) => view.getInt16(offset, true) : (view, offset) => view.getUint16(offset, true);
    case 4:
      return signed ? (view, offset) => view.getInt32(offset, true) : (view, offset) => view.getUint32(offset, true);
    case 8:
      return signed ? readSigned : readUnsigned;
  }
}

function readUnsigned(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 4294967296 + view.getUint32(offset, true);
}

function readSigned(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 4294967296 + view.getUint32(offset, true);
}

function sum(view: DataView, offset: number, cpus: number, stride: number, read: FigureReader): number {
  let total = 0;
  for (let cpu = 0, at = offset; cpu < cpus; cpu++, at += stride) total += read(view, at);
  return total;
}

function isSet(view: DataView, offset: number): boolean {
  return (view.getUint32(offset, true) | view.getUint32(offset + 4, true)) !== 0;
}

function anySet(view: DataView, offset: number, cpus: number, stride: number): boolean {
  for (let cpu = 0, at = offset; cpu < cpus; cpu++, at += stride) if (isSet(view, at)) return true;
  return false;
}
