import assert from "node:assert/strict";
import { test } from "node:test";
import { RateLimit } from "./rate-limit.ts";

test("so many at once, then so many a second, and no more saved up than at first", () => {
  let now = 0;
  const limit = new RateLimit(3, 2, () => now);
  const taken = (): number[] => Array.from({ length: 4 }, () => limit.take());
  assert.deepEqual(taken(), [0, 0, 0, 1]);
  now += 1000;
  assert.deepEqual(taken(), [0, 0, 1, 1]);
  now += 3_600_000;
  assert.deepEqual(taken(), [0, 0, 0, 1]);
});
