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

/** The bucket of `hist(value, bits)`. */
export function logarithmicBucket(h: Building, value: Inst, bits: number): Inst {
  const { builder } = h;
  // All ones for a value that is not negative, else zero: negative values go to bucket 0.
  const notNegative = builder.binary("sub", builder.binary("lshr", value, h.constant(63)), h.constant(1));
  const log2 = floorLog2(h, value);
  if (bits === 0) {
    const nonZero = builder.binary("lshr", builder.binary("sub", h.constant(0), value), h.constant(63));
    const bucket = builder.binary("add", builder.binary("add", log2, nonZero), h.constant(1));
    return builder.binary("and", bucket, notNegative);
  }
  const linear = 1 << bits;
  const bucket = builder.variable("bucket");
  builder.write(bucket, builder.binary("add", value, h.constant(1)));
  h.when({ kind: "uge", a: value, b: h.constant(linear) }, () => {
    const shift = builder.binary("sub", log2, h.constant(bits));
    const step = builder.binary("and", builder.binary("lshr", value, shift), h.constant(linear - 1));
    const row = builder.binary("shl", builder.binary("add", shift, h.constant(1)), h.constant(bits));
    builder.write(bucket, builder.binary("add", builder.binary("add", row, step), h.constant(1)));
  });
  return builder.binary("and", builder.read(bucket), notNegative);
}

/**
 * The position of the highest bit, for values from 1 to 2^63 - 1, without a branch: six times the upper
 * half of what is left is taken if it holds a bit. `limit - rest` is negative exactly if `rest` exceeds
 * the lower half, so its sign is the wanted bit of the logarithm. For 0 it gives 0.
 */
function floorLog2(h: Building, value: Inst): Inst {
  const { builder } = h;
  let rest = value;
  let log2: Inst | undefined;
  for (let step = 5; step >= 0; step--) {
    const half = 1n << BigInt(step);
    const above = builder.binary("lshr", builder.binary("sub", h.constant((1n << half) - 1n), rest), h.constant(63));
    const shift = step === 0 ? above : builder.binary("shl", above, h.constant(step));
    // Added rather than or-ed: older verifiers know a sum's range, but not that of two unknowns or-ed.
    log2 = log2 === undefined ? shift : builder.binary("add", log2, shift);
    if (step > 0) rest = builder.binary("lshr", rest, shift);
  }
  return log2!;
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
      const distance = builder.binary("sub", value, h.constant(min));
      builder.write(bucket, builder.binary("add", builder.binary("udiv", distance, h.constant(step)), h.constant(1)));
    });
  });
  return builder.read(bucket);
}
