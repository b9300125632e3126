import assert from "node:assert/strict";
import { test } from "node:test";
import { histogramBuckets, type MapView, type MetricView } from "@sonde/bpf/spec";
import type { Reading, Row } from "@sonde/runtime";
import type { HistogramFamily, ScalarFamily } from "../exposition/family.ts";
import { metricReader, MetricMismatchError } from "./metrics.ts";

const COMM = { offset: 0, type: { kind: "string", size: 16 } } as const;
const STATE = { offset: 0, type: { kind: "int", size: 8, signed: true } } as const;

function view(value: MapView["value"], keys: MapView["keys"] = []): MapView {
  return { name: "@m", map: "AT_m", keys, value, maxEntries: 10 };
}

function definition(more: Partial<MetricView> = {}): MetricView {
  return { map: "@m", name: "m_seconds", help: "h", labels: [], ...more };
}

const row = (value: Reading, keys: Row["keys"] = []): Row => ({ keys, value });
const COUNT = { kind: "count", perCpu: true } as const;

test("a count is a counter; keys become labels, by their names where there are some", () => {
  const labels = [{ name: "state", decoders: [{ name: "values", values: { 1: "established" } }] }];
  const counts = view(COUNT, [STATE]);
  const family = metricReader(definition({ labels }), [counts]).read({
    view: counts,
    rows: [row({ kind: "count", value: 3 }, [1]), row({ kind: "count", value: 4n }, [9])],
  }) as ScalarFamily;
  assert.equal(family.type, "counter");
  assert.deepEqual(
    [...family.series],
    [
      { labels: 'state="established"', value: 3 },
      { labels: 'state="9"', value: 4 },
    ],
  );
});

test("a histogram's buckets end where whole numbers do, in the base unit, and nothing falls out of the range", () => {
  const value = { kind: "hist", bits: 0, buckets: histogramBuckets(0), perCpu: true } as const;
  const metric = definition({ unit: "nanoseconds", buckets: { min: 4, max: 16 } });
  const counts = new Float64Array(value.buckets);
  // A negative value, 0, 3 (in [2, 4)), 5 (in [4, 8)), 100 (in [64, 128)).
  for (const bucket of [0, 1, 3, 4, 8]) counts[bucket]! += 1;
  const family = metricReader(metric, [view(value)]).read({
    view: view(value),
    rows: [row({ kind: "hist", counts, total: 2_000_000_000 })],
  }) as HistogramFamily;
  assert.deepEqual(family.bounds, ["3e-9", "7e-9", "1.5e-8"]);
  const [series] = family.series;
  assert.deepEqual(Array.from(series!.counts), [3, 1, 0, 1]);
  assert.equal(series!.sum, 2);
  assert.equal(family.unit, "seconds");
});

test("linear buckets are exported as they are", () => {
  const value = { kind: "lhist", min: 0, max: 20, step: 10, buckets: 4, perCpu: true } as const;
  const family = metricReader(definition({ name: "m" }), [view(value)]).read({
    view: view(value),
    rows: [row({ kind: "lhist", counts: new Float64Array([1, 2, 3, 4]), total: undefined })],
  }) as HistogramFamily;
  assert.deepEqual(family.bounds, ["-1", "9", "19"]);
  const [series] = family.series;
  assert.deepEqual([...Array.from(series!.counts), series!.sum], [1, 2, 3, 4, undefined]);
});

test("a text is no figure", () => {
  const value = { kind: "scalar", type: { kind: "string", size: 16 } } as const;
  const family = metricReader(definition(), [view(value)]).read({
    view: view(value),
    rows: [row({ kind: "scalar", value: "dd" })],
  }) as ScalarFamily;
  assert.equal(family.type, "gauge");
  assert.deepEqual([...family.series], []);
});

const MISMATCHES: readonly (readonly [string, Partial<MetricView>, MapView, RegExp])[] = [
  ["no such map", { map: "@n" }, view(COUNT), /has no map @n; it has @m/],
  ["too few labels", {}, view(COUNT, [COMM]), /the key has 1 parts, but the labels \(none\) take none/],
  ["a count as a histogram", { type: "histogram" }, view(COUNT), /as counter or gauge, not as histogram/],
];
for (const [name, more, map, message] of MISMATCHES) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => metricReader(definition(more), [map]),
      (error: unknown) => error instanceof MetricMismatchError && message.test(error.message),
    );
  });
}
