import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Family, type HistogramFamily, scalarFamily } from "../exposition/family.ts";
import { histogramFamily } from "../exposition/testing/families.ts";
import { ByteTable } from "../exposition/byte-table.ts";
import { ColumnWriter, readColumns } from "./column-codec.ts";
import { History } from "./history.ts";
import { historyOf } from "./series.ts";

test("columns come back exactly, whatever the figures", () => {
  const figure = fc.oneof(
    fc.constant(Number.NaN),
    fc.integer({ min: -5, max: 200 }),
    fc.double(),
    fc.maxSafeInteger(),
    fc.constantFrom(2 ** 63, -(2 ** 63), 2 ** 50, 0.5, Infinity, -Infinity),
  );
  const samples = fc.array(fc.array(figure, { maxLength: 20 }), { maxLength: 20 });
  fc.assert(
    fc.property(samples, (given) => {
      // There are never fewer figures than before.
      let width = 0;
      const grown = given.map((figures) => {
        width = Math.max(width, figures.length);
        return Float64Array.from({ length: width }, (_, i) => figures[i] ?? Number.NaN);
      });
      const writer = new ColumnWriter();
      for (const figures of grown) writer.add(figures);
      const read: number[][] = [];
      readColumns(
        writer.finish(),
        grown.map((figures) => figures.length),
        (figures) => read.push(Array.from(figures)),
      );
      // Zeros of both signs are one.
      assert.deepEqual(
        read.map((row) => row.map((n) => n + 0)),
        grown.map((row) => Array.from(row, (n) => n + 0)),
      );
    }),
  );
});

const counter = (labels: ByteTable, rows: readonly (readonly [string, number])[]): Family => ({
  ...scalarFamily("counter", { name: "calls", help: "h" }, rows),
  labels,
  rows: Uint32Array.from(rows, ([text]) => labels.intern(Buffer.from(text), 0, text.length)),
});

test("each series has its values at each time, null where it was not there", () => {
  const history = new History({ memory: 1 << 20, interval: 5000 });
  const labels = new ByteTable();
  history.add(1000, [counter(labels, [['a="1"', 5]])]);
  history.add(2000, [
    counter(labels, [
      ['a="2"', 7],
      ['a="1"', 6],
    ]),
  ]);
  history.add(3000, [counter(new ByteTable(), [['a="2"', 8]])]);
  const found = historyOf(history, "calls", { since: 0, buckets: false, limit: 10 });
  assert.deepEqual(found, {
    metric: "calls",
    type: "counter",
    unit: "",
    times: [1, 2, 3],
    series: [
      { labels: { a: "1" }, values: [5, 6, null] },
      { labels: { a: "2" }, values: [null, 7, 8] },
    ],
    omitted: 0,
  });
  assert.deepEqual(historyOf(history, "calls", { since: 2500, buckets: false, limit: 10 })?.times, [3]);
  assert.equal(historyOf(history, "calls", { since: 0, buckets: false, limit: 1 })?.omitted, 1);
  assert.equal(historyOf(history, "other", { since: 0, buckets: false, limit: 1 }), undefined);
});

test("histograms keep counts, sums and cumulated buckets", () => {
  const history = new History({ memory: 1 << 20, interval: 5000 });
  const at = (counts: readonly number[], sum: number, labels: ByteTable): HistogramFamily => {
    const family = histogramFamily({ name: "wait", help: "h" }, [1, 2], [{ labels: "", counts, sum }]);
    return { ...family, labels };
  };
  const labels = new ByteTable();
  labels.intern(new Uint8Array(0), 0, 0);
  history.add(1000, [at([1, 0, 0], 1, labels)]);
  history.add(2000, [at([1, 4, 2], 20, labels)]);
  const [series] = historyOf(history, "wait", { since: 0, buckets: true, limit: 10 })!.series;
  assert.deepEqual(series, {
    labels: {},
    values: [1, 7],
    sums: [1, 20],
    buckets: [
      [1, 1],
      [1, 5],
    ],
  });
});

test("an hour of a thousand counters stays small, and what memory has no room for is said", () => {
  const labels = new ByteTable();
  const rows = (sample: number) => Array.from({ length: 1000 }, (_, i) => [`i="${i}"`, sample * (i % 50)] as const);
  const hour = new History({ memory: 16 << 20, interval: 5000 });
  const tight = new History({ memory: 256 << 10, interval: 5000 });
  for (let sample = 0; sample < 800; sample++) {
    const family = counter(labels, rows(sample));
    hour.add(sample * 5000, [family]);
    tight.add(sample * 5000, [family]);
  }
  const now = 799 * 5000;
  for (const history of [hour, tight]) history.trim(now);
  assert.ok(now - hour.oldest("calls")! >= 3_600_000 - 5000);
  const figure = (history: History, name: string): number =>
    (history.families().find((family) => family.name === name) as { values: Float64Array }).values[0]!;
  // 720 samples of a thousand figures would take 5.8 MB as doubles.
  assert.ok(figure(hour, "sonde_history_bytes") < 1_200_000, `${figure(hour, "sonde_history_bytes")} bytes`);
  assert.equal(figure(hour, "sonde_history_dropped_samples"), 0);
  assert.ok(figure(tight, "sonde_history_bytes") <= 256 << 10);
  assert.ok(figure(tight, "sonde_history_dropped_samples") > 0);
  assert.ok(tight.oldest()! > hour.oldest()!);
  const values = historyOf(tight, "calls", { since: 0, buckets: false, limit: 1000 })!.series[7]!.values;
  assert.equal(values.at(-1), 799 * 7);
});
