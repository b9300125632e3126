import assert from "node:assert/strict";
import { test } from "node:test";
import { compact, valueLines } from "./value-text.ts";

const value = { pid: 12, comm: "s\u001bh", slots: [1, 2, 3], raw: new Uint8Array([0, 255]), at: 5n, on: true };

test("a value that fits is one line", () => {
  assert.equal(compact(value), '{ pid 12, comm "s\\x1bh", slots [1, 2, 3], raw 00 ff, at 5, on true }');
  assert.deepEqual(valueLines(7n, 10, 9, ""), ["7"]);
  assert.equal(compact({}), "{}");
});

test("one that does not has a line for each member", () => {
  assert.deepEqual(valueLines({ first: 1, second: { third: "longer than that", fourth: 4 } }, 30, 0, ""), [
    "{",
    "  first 1",
    "  second {",
    '    third "longer than that"',
    "    fourth 4",
    "  }",
    "}",
  ]);
});

test("lists fill their lines", () => {
  const lines = valueLines(
    Array.from({ length: 20 }, (_, i) => i),
    20,
    0,
    "",
  );
  assert.equal(lines[0], "[");
  assert.equal(lines.at(-1), "]");
  for (const line of lines) assert.ok(line.length <= 20, line);
  assert.deepEqual(
    lines.join("").match(/\d+/g)?.map(Number),
    Array.from({ length: 20 }, (_, i) => i),
  );
});

test("bytes go on in the next line", () => {
  const lines = valueLines(new Uint8Array(40).fill(0xab), 40, 4, "");
  assert.equal(lines.join(" ").match(/ab/g)?.length, 40);
  for (const line of lines) assert.ok(line.length <= 40, line);
});
