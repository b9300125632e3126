/** The subset, construct by construct: what a handler computes is what JavaScript would, on 64 bits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CASES, casesText } from "./language-cases.ts";
import { loadText } from "./text.ts";

test("handlers compute what JavaScript does", async (t) => {
  for (const [body, want] of CASES)
    await t.test(body, async () => {
      const monitor = await loadText(casesText([body]));
      monitor.fire("interval:seconds:1");
      assert.equal(monitor.entries("out")[0]![1], want);
    });
});
