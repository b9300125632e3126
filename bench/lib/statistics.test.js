import assert from "node:assert/strict";
import { test } from "node:test";
import { median, quantile, takeTurns } from "./statistics.js";

test("quantiles interpolate between neighbours, whatever the order", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(quantile([10, 20, 30, 40, 50], 0.25), 20);
  assert.equal(quantile([0, 10], 0.9), 9);
});

test("contenders take turns and the first round does not count", async () => {
  /** @type {string[]} */
  const order = [];
  const run = (/** @type {string} */ name) => () => order.push(name);
  const results = await takeTurns(2, { a: run("a"), b: run("b") });
  assert.equal(order.join(""), "ababab");
  assert.deepEqual(results, { a: [3, 5], b: [4, 6] });
});
