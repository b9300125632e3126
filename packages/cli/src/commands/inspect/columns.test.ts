import assert from "node:assert/strict";
import { test } from "node:test";
import { cut, tableLines } from "./columns.ts";

const columns = [
  { title: "id", right: true },
  { title: "name", least: 6 },
  { title: "held by", least: 4 },
];
const rows = [
  ["7", "a_rather_long_name", "sonde 123456"],
  ["1234", "short", "-"],
];

test("without a limit nothing is cut", () => {
  assert.deepEqual(tableLines(columns, rows, Infinity), [
    "  id  name                held by",
    "   7  a_rather_long_name  sonde 123456",
    "1234  short               -",
  ]);
});

test("long texts give way first, numbers never", () => {
  const lines = tableLines(columns, rows, 28);
  assert.deepEqual(lines, ["  id  name        held by", "   7  a_rather_…  sonde 123…", "1234  short       -"]);
});

test("where even the least is too much, lines are cut", () => {
  for (const line of tableLines(columns, rows, 9)) assert.ok(line.length <= 9, line);
});

test("what is cut ends with a mark", () => {
  assert.equal(cut("abcdef", 6), "abcdef");
  assert.equal(cut("abcdef", 4), "abc…");
  assert.equal(cut("abcdef", 0), "");
});
