import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketBounds, histogramBucket, histogramBuckets } from "./histogram.ts";

test("buckets of powers of two are numbered as bpftrace numbers them", () => {
  const table: readonly (readonly [bigint, number])[] = [
    [-(2n ** 63n), 0],
    [-1n, 0],
    [0n, 1],
    [1n, 2],
    [2n, 3],
    [3n, 3],
    [4n, 4],
    [7n, 4],
    [8n, 5],
    [1023n, 11],
    [1024n, 12],
    [2n ** 63n - 1n, 64],
  ];
  for (const [value, bucket] of table) assert.equal(histogramBucket(value, 0), bucket, `${value}`);
});

test("with bits = 2 every power of two has four buckets", () => {
  const table: readonly (readonly [bigint, number])[] = [
    [0n, 1],
    [3n, 4],
    [4n, 5],
    [7n, 8],
    [8n, 9],
    [9n, 9],
    [10n, 10],
    [15n, 12],
    [16n, 13],
  ];
  for (const [value, bucket] of table) assert.equal(histogramBucket(value, 2), bucket, `${value}`);
});

test("buckets cover every value once, in order, and hold their own bounds", () => {
  for (let bits = 0; bits <= 5; bits++) {
    let edge = 0;
    for (let bucket = 1; bucket < histogramBuckets(bits) - 2 ** bits; bucket++) {
      const { low, high } = bucketBounds(bucket, bits);
      assert.equal(low, edge, `bits ${bits}, bucket ${bucket}`);
      assert.equal(histogramBucket(BigInt(low), bits), bucket);
      assert.equal(histogramBucket(BigInt(high) - 1n, bits), bucket);
      edge = high;
    }
    assert.equal(edge, 2 ** 63);
  }
});
