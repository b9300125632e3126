import assert from "node:assert/strict";
import { test } from "node:test";
import { Exemplars } from "./exemplars.ts";

const buckets = {
  source: [0, 1, 3, 7, Infinity],
  bounds: ["0.000003", "0.000007"],
  index: Uint16Array.from([0, 0, 0, 1, 2]),
  bits: 0,
};
const names = ["device", "microseconds", "pid", "file"];
const event = (values: readonly (string | number | bigint)[], time: number) => ({
  names,
  fields: values,
  raw: values,
  time,
});
const made = (): Exemplars => new Exemplars({ stream: "slow", value: "microseconds" }, ["device"], buckets, 1e-6);

test("the last event of each series and bucket, with what the series does not say", () => {
  const exemplars = made();
  exemplars.observe(event(["sda", 2, 7, "a"], 1000));
  exemplars.observe(event(["sda", 3n, 8, 'b"'], 2000));
  exemplars.observe(event(["sdb", 100, 9, "c"], 3000));
  assert.deepEqual(exemplars.find('device="sda"', 0), { labels: 'pid="8",file="b\\""', value: 0.000003, time: 2000 });
  assert.equal(exemplars.find('device="sda"', 1), undefined);
  assert.deepEqual(exemplars.find('device="sdb"', 2), { labels: 'pid="9",file="c"', value: 0.0001, time: 3000 });
});

test("what is no number is no observation, and long fields are left out", () => {
  const exemplars = made();
  exemplars.observe(event(["sda", "soon", 1, "a"], 1));
  assert.equal(exemplars.find('device="sda"', 0), undefined);
  exemplars.observe(event(["sda", 1, 7, "x".repeat(200)], 1));
  assert.equal(exemplars.find('device="sda"', 0)?.labels, 'pid="7"');
});

test("series are forgotten when there are too many", () => {
  const exemplars = made();
  for (let i = 0; i <= 1000; i++) exemplars.observe(event([`d${i}`, 1, 7, ""], i));
  assert.equal(exemplars.find('device="d5"', 0), undefined);
  assert.equal(exemplars.find('device="d1000"', 0)?.time, 1000);
});
