import assert from "node:assert/strict";
import { test } from "node:test";
import { histogramBucket } from "@sonde/bpf/spec";
import { evaluate } from "../codegen/testing/evaluate.ts";
import { FunctionBuilder, SCALAR, type Func, type Inst } from "../ir/index.ts";
import { linearBucket, logarithmicBucket, type Building } from "./buckets.ts";

function functionOf(build: (h: Building, value: Inst) => Inst): Func {
  const builder = new FunctionBuilder("bucket", "subprogram", [SCALAR]);
  const h: Building = {
    builder,
    constant: (value) => builder.constant(value),
    when: (...args) => builder.when(...args),
  };
  builder.return(build(h, builder.param(0)));
  return builder.finish();
}

const edges: bigint[] = [-1n, -5n, -(2n ** 63n), 0n, 2n ** 63n - 1n];
for (let power = 0n; power < 63n; power++)
  edges.push(2n ** power - 1n, 2n ** power, 2n ** power + 1n, (3n * 2n ** power) / 2n);

test("the kernel's side numbers buckets as histogramBucket does", () => {
  for (let bits = 0; bits <= 5; bits++) {
    const bucket = functionOf((h, value) => logarithmicBucket(h, value, bits));
    for (const value of edges) {
      assert.equal(
        evaluate(bucket, [BigInt.asUintN(64, value)]),
        BigInt(histogramBucket(value, bits)),
        `bits ${bits}, value ${value}`,
      );
    }
  }
});

test("linear buckets: below, each step, at or above", () => {
  const bucket = functionOf((h, value) => linearBucket(h, value, { min: -10, max: 30, step: 10 }));
  const table = [
    [-11, 0],
    [-10, 1],
    [-1, 1],
    [0, 2],
    [9, 2],
    [10, 3],
    [29, 4],
    [30, 5],
    [1000, 5],
    [-(2 ** 62), 0],
  ] as const;
  for (const [value, want] of table)
    assert.equal(evaluate(bucket, [BigInt.asUintN(64, BigInt(value))]), BigInt(want), `${value}`);
});
