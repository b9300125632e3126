import assert from "node:assert/strict";
import { test } from "node:test";
import { blocksOf, examplesOf } from "./blocks.js";
import { difference } from "./compare.js";

test("outputs are compared line by line, with placeholders", () => {
  /** @type {readonly (readonly [expected: string, actual: string, same: boolean])[]} */
  const rows = [
    ["a\nb\n", "a\nb\n", true],
    ["a\nb", "a\nb\n\n", true],
    ["a\nb", "a\nc", false],
    ["a\nb", "a", false],
    ["a", "a\nb", false],
    ["pid <number>", "pid 42", true],
    ["pid <number>", "pid ", false],
    ["pid <number> ran", "pid 42 fell", false],
    ["(a+b) *", "(a+b) *", true],
    ["a\n...\nz", "a\nb\nc\nz", true],
    ["a\n...\nz", "a\nz", true],
    ["a\n...\nz", "a\nb", false],
    ["...\nz\n...", "z", true],
    ["Map<string, number>", "Map<string, number>", true],
  ];
  for (const [expected, actual, same] of rows) {
    assert.equal(difference(expected, actual) === undefined, same, JSON.stringify([expected, actual]));
  }
  assert.match(difference("a\nb", "a\nc") ?? "", /^"b" was expected in\na\nc$/);
});

test("programs are found with their kernels and outputs, objects by name", () => {
  const page =
    "One:\n```c x.bpf.c\nint x;\n```\n```ts one.ts kernel=6.12\nrun();\n```\nprints\n```text\n1\n```\n```sh\nls\n```\n";
  const { objects, examples } = examplesOf(blocksOf(page, "page.md"));
  assert.deepEqual([...objects], [["x.bpf.c", "int x;\n"]]);
  assert.deepEqual(examples, [
    { name: "one", kernel: "6.12", source: "run();\n", expected: "1\n", place: "page.md:6" },
  ]);
  assert.throws(
    () => examplesOf(blocksOf("```ts one.ts\nrun();\n```\n", "page.md")),
    /page\.md:2: one\.ts is not followed/,
  );
  assert.throws(() => examplesOf(blocksOf("```ts\nrun();\n```\n", "page.md")), /needs a file name/);
  assert.throws(() => blocksOf("```ts\nrun();\n", "page.md"), /never closed/);
});
