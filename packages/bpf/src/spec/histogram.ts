/**
 * The buckets of `hist(n, bits)`: which bucket a value falls in, and what a bucket covers. The code
 * that programs run in the kernel follows the same numbering.
 *
 * Bucket 0 holds negative values. Values below 2^bits have one bucket each. Above that every power
 * of two is divided into 2^bits buckets of equal width. With bits = 0:
 *
 *     bucket   0        1    2    3       4       5
 *     values   (.., 0)  [0]  [1]  [2, 4)  [4, 8)  [8, 16) ...
 */

/** What one bucket covers: `low` up to, but not including, `high`. Exact in a double: each has at most bits + 1 significant bits. */
export interface BucketBounds {
  readonly low: number;
  readonly high: number;
}

/**
 * How many buckets a map's value has. The last 2^bits, for values from 2^63, stay empty as long as
 * values are taken as signed: they are there because the verifier knows the logarithm only as six bits.
 */
export function histogramBuckets(bits: number): number {
  return ((65 - bits) << bits) + 1;
}

/** The bucket of a signed 64-bit value. */
export function histogramBucket(value: bigint, bits: number): number {
  if (value < 0n) return 0;
  const linear = 2 ** bits;
  if (value < linear) return Number(value) + 1;
  const log2 = value.toString(2).length - 1;
  const step = Number(value >> BigInt(log2 - bits)) - linear;
  return ((log2 - bits + 1) << bits) + step + 1;
}

/** The values that a bucket covers; -Infinity up to 0 for bucket 0. */
export function bucketBounds(bucket: number, bits: number): BucketBounds {
  if (bucket === 0) return { low: -Infinity, high: 0 };
  const index = bucket - 1;
  const linear = 2 ** bits;
  if (index < linear) return { low: index, high: index + 1 };
  const width = 2 ** ((index >> bits) - 1);
  const low = (linear + (index % linear)) * width;
  return { low, high: low + width };
}
