// Every program in docs/library.md and docs/library/*.md is compiled, run, and prints what its page
// says: on this kernel, or in a guest with the kernel that it asks for.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { quote, runInGuest } from "../vm/guest.js";
import { buildExamples } from "./build.js";
import { difference } from "./compare.js";
import { runExample } from "./run.js";

/** @typedef {import("./run.js").Ran} Ran */

const { examples, problems } = buildExamples();

/** @param {import("./blocks.js").Example} example @param {Ran} ran */
function check({ name, place, expected }, ran) {
  assert.equal(problems.get(name), undefined, `${place} does not compile`);
  const wrong = difference(expected, ran.stdout);
  assert.equal(wrong, undefined, `${place}: ${wrong}\n${ran.stderr}`);
  assert.equal(ran.status, 0, `${place}: ${ran.stderr}`);
}

test("the compiler has nothing to say that belongs to no program", () => {
  assert.equal(problems.get(""), undefined);
});

describe("programs for this kernel", () => {
  for (const example of examples) {
    if (example.kernel === undefined) test(example.name, () => check(example, runExample(example.name, 30)));
  }
});

const kernels = new Set(examples.flatMap(({ kernel }) => kernel ?? []));
for (const kernel of kernels) {
  const wanted = examples.filter((example) => example.kernel === kernel);
  test(`programs for ${kernel}`, async (context) => {
    let stdout = "";
    const words = ["node", "test/docs/run.js", ...wanted.map(({ name }) => name)];
    const status = await runInGuest(kernel, quote(words), { timeout: 240, onStdout: (chunk) => (stdout += chunk) });
    assert.equal(status, 0);
    /** @type {Ran[]} */
    const runs = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    for (const example of wanted) {
      await context.test(example.name, () => {
        const ran = runs.find(({ name }) => name === example.name);
        assert.ok(ran !== undefined, "the guest did not run it");
        check(example, ran);
      });
    }
  });
}
