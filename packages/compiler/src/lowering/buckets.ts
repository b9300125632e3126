/** Which bucket of a histogram a value falls in; the numbering is that of `histogramBucket` in @sonde/bpf/spec. */
import type { Condition, FunctionBuilder, Inst } from "../ir/index.ts";

/** What building a bucket's number takes. */
export interface Building {
  readonly builder: FunctionBuilder;
  constant(value: number | bigint): Inst;
  when(condition: Condition, then: () => void, otherwise?: () => void, likely?: boolean): void;
}

/** Buckets of one width: from `min` up to `max` in steps. */
export interface LinearRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** The bucket of `hist(value, bits)`. Negative values go to bucket 0. */
export function logarithmicBucket(h: Building, value: Inst, bits: number): Inst {
  const { builder } = h;
  const bucket = builder.variable("bucket");
  builder.write(bucket, h.constant(0));
  h.when(
    { kind: "sge", a: value, b: h.constant(0) },
    () => builder.write(bucket, bits === 0 ? powerBucket(h, value) : divided(h, value, bits)),
    undefined,
    true,
  );
  return builder.read(bucket);
}

/** Each power of two in 2^bits equal parts; values below 2^bits have buckets of their own. */
function divided(h: Building, value: Inst, bits: number): Inst {
  const { builder } = h;
  const linear = 1 << bits;
  const bucket = builder.variable("bucket");
  builder.write(bucket, builder.binary("add", value, h.constant(1)));
  h.when({ kind: "uge", a: value, b: h.constant(linear) }, () => {
    const shift = builder.binary("sub", powerBucket(h, value), h.constant(bits + 2));
    const step = builder.binary("and", builder.binary("lshr", value, shift), h.constant(linear - 1));
    const row = builder.binary("shl", builder.binary("add", shift, h.constant(1)), h.constant(bits));
    builder.write(bucket, builder.binary("add", builder.binary("add", row, step), h.constant(1)));
  });
  return builder.read(bucket);
}

/** The buckets of 0 to 15, four bits each, lowest first: 1, 2, 3, 3, 4 and so on. */
const SMALL_BUCKETS = 0x5555_5555_4444_3321n;

/**
 * 1 for 0, else 2 plus the position of the highest bit, for values up to 2^63 - 1. Where the bits lie
 * roughly is much the same from event to event, so the processor foresees those branches; where they
 * lie exactly it does not: the last eight bits are told without any.
 */
function powerBucket(h: Building, value: Inst): Inst {
  const { builder } = h;
  const rest = builder.variable("rest");
  const base = builder.variable("base");
  builder.write(rest, value);
  builder.write(base, h.constant(0));
  for (const bits of [32, 16, 8]) {
    const above = builder.binary("lshr", builder.read(rest), h.constant(bits));
    h.when({ kind: "ne", a: above, b: h.constant(0) }, () => {
      builder.write(rest, above);
      builder.write(base, builder.binary("add", builder.read(base), h.constant(bits)));
    });
  }
  const eight = builder.read(rest);
  // 15 - eight is negative exactly if one of the upper four bits is set.
  const isLarge = builder.binary("lshr", builder.binary("sub", h.constant(15), eight), h.constant(63));
  const shift = builder.binary("shl", isLarge, h.constant(2));
  const four = builder.binary("lshr", eight, shift);
  const place = builder.binary("shl", four, h.constant(2));
  const small = builder.binary("and", builder.binary("lshr", h.constant(SMALL_BUCKETS), place), h.constant(15));
  return builder.binary("add", builder.binary("add", builder.read(base), shift), small);
}

/** How many of the bounds, which rise, the value has reached: found by halves. */
export function boundedBucket(h: Building, value: Inst, bounds: readonly number[]): Inst {
  const { builder } = h;
  const bucket = builder.variable("bucket");
  const search = (from: number, to: number): void => {
    if (from === to) return builder.write(bucket, h.constant(from));
    const middle = (from + to) >> 1;
    const reached: Condition = { kind: "sge", a: value, b: h.constant(bounds[middle]!) };
    h.when(
      reached,
      () => search(middle + 1, to),
      () => search(from, middle),
    );
  };
  search(0, bounds.length);
  return builder.read(bucket);
}

/** The bucket of `lhist(value, min, max, step)`: 0 below, the last one at or above. */
export function linearBucket(h: Building, value: Inst, range: LinearRange): Inst {
  const { builder } = h;
  const { min, max, step } = range;
  const bucket = builder.variable("bucket");
  builder.write(bucket, h.constant(0));
  h.when({ kind: "sge", a: value, b: h.constant(min) }, () => {
    builder.write(bucket, h.constant(Math.floor((max - min) / step) + 1));
    h.when({ kind: "slt", a: value, b: h.constant(max) }, () => {
      const far = builder.binary("sub", value, h.constant(min));
      // The tests have shown that it fits, which makes the division by a constant a multiplication.
      const distance = max - min < 2 ** 32 ? builder.extend(far, 32, false) : far;
      builder.write(bucket, builder.binary("add", builder.binary("udiv", distance, h.constant(step)), h.constant(1)));
    });
  });
  return builder.read(bucket);
}
