import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { checkStatus, runTests } from "./node-tests.js";

/** Runs the text of one test file as the project's tests are run. @param {string} text @param {{ timeout?: number, budget?: number }} [limits] seconds */
async function outcomes(text, { timeout = 30, budget = 60 } = {}) {
  const directory = mkdtempSync(path.join(tmpdir(), "sonde-tools-"));
  const file = path.join(directory, "sample.test.mjs");
  writeFileSync(file, `import { test, describe } from "node:test"; import assert from "node:assert/strict";\n${text}`);
  try {
    return await runTests([file], { concurrency: 1, timeout, deadline: Date.now() + budget * 1000 });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("passes, failures and skips are told apart, and a failure is counted once", async () => {
  const results = await outcomes(`
    test("good", () => {});
    test("skipped", (t) => t.skip("for a reason"));
    describe("group", () => { test("bad", () => assert.equal(1, 2)); test("fine", () => {}); });
    test("outer", async (t) => { await t.test("inner", () => { throw new Error("from inside"); }); });
  `);
  const found = results.map(({ name, outcome }) => `${name}: ${outcome}`);
  assert.deepEqual(found.sort(), ["bad: fail", "fine: pass", "good: pass", "inner: fail", "skipped: skip"]);
  assert.equal(results.find((result) => result.name === "skipped")?.detail, "for a reason");
  assert.match(results.find((result) => result.name === "inner")?.detail ?? "", /from inside/);
});

test("a file that cannot be loaded fails with what it said", async () => {
  const [result] = await outcomes('throw new Error("at load");');
  assert.equal(result?.outcome, "fail");
  assert.match(result?.detail ?? "", /at load/);
});

test("a file that never ends is ended by its own time limit", async () => {
  const results = await outcomes("await new Promise(() => setTimeout(() => {}, 60_000));", { timeout: 1 });
  assert.deepEqual(
    results.map((result) => result.outcome),
    ["fail"],
  );
});

test("a run that passes its deadline is ended and failed", async () => {
  const results = await outcomes("await new Promise(() => setTimeout(() => {}, 60_000));", { budget: 1 });
  assert.match(results.at(-1)?.detail ?? "", /too long/);
});

test("no result, or a bad status without a failure, is a failure", () => {
  for (const status of [0, 1]) {
    /** @type {import("./test-reporter.js").TestResult[]} */
    const results = [];
    checkStatus(results, status);
    assert.equal(results[0]?.outcome, "fail");
  }
});
