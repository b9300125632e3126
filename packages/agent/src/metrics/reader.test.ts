import assert from "node:assert/strict";
import { test } from "node:test";
import { histogramBuckets, type MapView, type MetricView } from "@sonde/bpf/spec";
import { Labels } from "@sonde/runtime/decoders";
import type { Family, HistogramFamily, ScalarFamily } from "../exposition/family.ts";
import { writeExposition } from "../exposition/write.ts";
import { atOnce, inTurns } from "../turns.ts";
import { type LiveMap, metricReader, MetricMismatchError } from "./reader.ts";
import { entriesMap } from "./testing/entries-map.ts";

const COMM = { offset: 0, type: { kind: "string", size: 16 } } as const;
const STATE = { offset: 0, type: { kind: "int", size: 8, signed: true } } as const;
const COUNT = { kind: "count", perCpu: true } as const;
const HIST = {
  kind: "hist",
  bits: 0,
  buckets: histogramBuckets(0),
  totalOffset: 8 * histogramBuckets(0),
  perCpu: true,
} as const;

function viewOf(value: MapView["value"], keys: MapView["keys"] = []): MapView {
  return { name: "@m", map: "AT_m", keys, value, maxEntries: 10 };
}

function metricOf(more: Partial<MetricView> = {}): MetricView {
  return { map: "@m", name: "m_seconds", help: "h", labels: [], ...more };
}

function read(metric: MetricView, view: MapView, map: LiveMap): Family {
  return atOnce(metricReader(metric, view, new Labels(metric.labels, view.keys.length), "test").read(map, 0));
}

function textOf(family: Family): string[] {
  const pieces = Array.from(writeExposition([family], { format: "prometheus" }), (piece) =>
    Buffer.from(piece).toString(),
  );
  return pieces
    .join("")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

const u64 = (...values: readonly (number | bigint)[]): Buffer =>
  Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer);

test("a count is a counter, all CPUs together; keys become labels", () => {
  const labels = [{ name: "state", decoders: [{ name: "values", values: { 1: "established" } }] }];
  const map = entriesMap({ keySize: 8, valueSize: 8, cpus: 2 }, [
    [u64(1), u64(3, 40)],
    [u64(9), u64(4, 0)],
  ]);
  const family = read(metricOf({ name: "m", labels }), viewOf(COUNT, [STATE]), map);
  assert.equal(family.type, "counter");
  assert.deepEqual(textOf(family), ['m_total{state="established"} 43', 'm_total{state="9"} 4']);
});

test("keys with the same labels are one series", () => {
  const labels = [{ name: "kind", decoders: [{ name: "values", values: { 1: "a", 2: "a", 3: "b" } }] }];
  const map = entriesMap({ keySize: 8, valueSize: 8, cpus: 1 }, [
    [u64(1), u64(1)],
    [u64(3), u64(10)],
    [u64(2), u64(100)],
  ]);
  assert.deepEqual(textOf(read(metricOf({ name: "m", labels }), viewOf({ ...COUNT, perCpu: false }, [STATE]), map)), [
    'm_total{kind="a"} 101',
    'm_total{kind="b"} 10',
  ]);
});

test("labels are decoded once for each key, and anew when what they say has changed", () => {
  let epoch = 0;
  let asked = 0;
  const labels = {
    names: ["n"],
    get epoch() {
      return epoch;
    },
    decode: () => [`${++asked}`],
  };
  const map = entriesMap({ keySize: 8, valueSize: 8, cpus: 1 }, [[u64(1), u64(5)]]);
  const reader = metricReader(metricOf({ name: "m" }), viewOf({ ...COUNT, perCpu: false }, [STATE]), labels, "test");
  const first = atOnce(reader.read(map, 0));
  assert.deepEqual(textOf(atOnce(reader.read(map, 0))), ['m_total{n="1"} 5']);
  epoch++;
  assert.deepEqual(textOf(atOnce(reader.read(map, 0))), ['m_total{n="2"} 5']);
  assert.deepEqual(textOf(first), ['m_total{n="1"} 5'], "a reading that is still being sent keeps its labels");
});

test("tens of thousands of series, again and again, with keys that come and go", () => {
  const view = viewOf({ ...COUNT, perCpu: false }, [STATE]);
  const metric = metricOf({ name: "m", labels: [{ name: "id", decoders: [] }] });
  const reader = metricReader(metric, view, new Labels(metric.labels, 1), "test");
  for (let round = 0; round < 5; round++) {
    const first = round * 15_000;
    const map = entriesMap(
      { keySize: 8, valueSize: 8, cpus: 1 },
      Array.from({ length: 20_000 }, (_, i) => [u64(first + i), u64(2 * (first + i))] as const),
    );
    const lines = textOf(atOnce(reader.read(map, 0)));
    assert.equal(lines.length, 20_000);
    lines.forEach((line, i) => assert.equal(line, `m_total{id="${first + i}"} ${2 * (first + i)}`));
  }
});

test("a histogram's buckets end where whole numbers do, in the base unit, and nothing falls out of the range", () => {
  const metric = metricOf({ unit: "nanoseconds", buckets: { min: 4, max: 16 } });
  const counts = new Array<number>(HIST.buckets).fill(0);
  // A negative value, 0, 3 (in [2, 4)), 5 (in [4, 8)), 100 (in [64, 128)).
  for (const bucket of [0, 1, 3, 4, 8]) counts[bucket]! += 1;
  const map = entriesMap({ keySize: 4, valueSize: 8 * (HIST.buckets + 1), cpus: 2 }, [
    [Buffer.alloc(4), Buffer.concat([u64(...counts, 2_000_000_000), u64(...counts, 0)])],
  ]);
  const family = read(metric, viewOf(HIST), map) as HistogramFamily;
  assert.deepEqual(family.buckets.bounds, ["3e-9", "7e-9", "1.5e-8"]);
  assert.equal(family.unit, "seconds");
  assert.deepEqual(textOf(family), [
    'm_seconds_bucket{le="3e-9"} 6',
    'm_seconds_bucket{le="7e-9"} 8',
    'm_seconds_bucket{le="1.5e-8"} 8',
    'm_seconds_bucket{le="+Inf"} 10',
    "m_seconds_sum 2",
    "m_seconds_count 10",
  ]);
});

test("linear buckets are exported as they are", () => {
  const value = { kind: "lhist", min: 0, max: 20, step: 10, buckets: 4, perCpu: false } as const;
  const map = entriesMap({ keySize: 4, valueSize: 32, cpus: 1 }, [[Buffer.alloc(4), u64(1, 2, 3, 4)]]);
  assert.deepEqual(textOf(read(metricOf({ name: "m" }), viewOf(value), map)), [
    'm_bucket{le="-1"} 1',
    'm_bucket{le="9"} 3',
    'm_bucket{le="19"} 6',
    'm_bucket{le="+Inf"} 10',
    "m_count 10",
  ]);
});

test("bounds of their own are exported as they were written: each belongs to the bucket below it", () => {
  const bounds = [2, 6, 11];
  const value = { kind: "lhist", min: 2, max: 11, step: 1, bounds, buckets: 4, perCpu: false } as const;
  const map = entriesMap({ keySize: 4, valueSize: 32, cpus: 1 }, [[Buffer.alloc(4), u64(1, 2, 3, 4)]]);
  assert.deepEqual(textOf(read(metricOf({ name: "m" }), viewOf(value), map)), [
    'm_bucket{le="1"} 1',
    'm_bucket{le="5"} 3',
    'm_bucket{le="10"} 6',
    'm_bucket{le="+Inf"} 10',
    "m_count 10",
  ]);
});

const FIGURES: readonly (readonly [string, MapView["value"], readonly (number | bigint)[], number | undefined])[] = [
  ["a sum of negative values", { kind: "sum", signed: true, perCpu: true }, [-5n, 1, 3, 1], -2],
  ["a sum that nothing was added to", { kind: "sum", signed: true, perCpu: true }, [0, 0, 0, 0], undefined],
  ["the least of the CPUs that have one", { kind: "min", signed: true, perCpu: true }, [0, 0, 7, 1], 7],
  ["the greatest", { kind: "max", signed: false, perCpu: true }, [2n ** 63n, 1, 7, 1], 2 ** 63],
  ["an average", { kind: "avg", signed: true, perCpu: true }, [10, 3, 5, 3], 2.5],
  ["a scalar", { kind: "scalar", type: { kind: "int", size: 8, signed: true }, setOffset: 8 }, [-7n, 1], -7],
  [
    "a scalar that was never set",
    { kind: "scalar", type: { kind: "int", size: 8, signed: true }, setOffset: 8 },
    [0, 0],
    undefined,
  ],
  ["a text, which is no figure", { kind: "scalar", type: { kind: "string", size: 16 } }, [1, 0], undefined],
];
for (const [name, value, words, want] of FIGURES) {
  test(`the figure of ${name}`, () => {
    const cpus = words.length / 2;
    const map = entriesMap({ keySize: 4, valueSize: 16, cpus }, [[Buffer.alloc(4), u64(...words)]]);
    const { count, values } = read(metricOf({ type: "gauge" }), viewOf(value), map) as ScalarFamily;
    assert.deepEqual(Array.from(values.subarray(0, count)), want === undefined ? [] : [want]);
  });
}

test("refused: a count as a histogram", () => {
  assert.throws(
    () =>
      read(
        metricOf({ type: "histogram", labels: [{ name: "comm", decoders: [] }] }),
        viewOf(COUNT, [COMM]),
        entriesMap({ keySize: 16, valueSize: 8, cpus: 1 }, []),
      ),
    (error: unknown) =>
      error instanceof MetricMismatchError && /as counter or gauge, not as histogram/.test(error.message),
  );
});

test("reading many series keeps nobody waiting for its end", async () => {
  const map = entriesMap(
    { keySize: 8, valueSize: 8, cpus: 1 },
    Array.from({ length: 150_000 }, (_, i) => [u64(i), u64(i)] as const),
  );
  const metric = metricOf({ name: "m", labels: [{ name: "id", decoders: [] }] });
  const view = viewOf({ ...COUNT, perCpu: false }, [STATE]);
  const reader = metricReader(metric, view, new Labels(metric.labels, 1), "test");
  let turns = 0;
  let done = false;
  const others = (): void => void (done || (turns++, setImmediate(others)));
  others();
  const family = await inTurns(reader.read(map, 0));
  done = true;
  assert.equal(family.count, 150_000);
  assert.ok(turns >= 3, `others had ${turns} turns`);
});
