import assert from "node:assert/strict";
import { test } from "node:test";
import { cString, words } from "./words.ts";

const shown = (text: string, alignment: number, room: number): readonly string[] =>
  words(cString(text), alignment, room).map(
    ({ offset, size, value, mask }) =>
      `${offset}+${size}=${value.toString(16)}${mask === undefined ? "" : `&${mask.toString(16)}`}`,
  );

test("a text is cut into the widest words, lowest byte first", () => {
  const table: readonly (readonly [string, number, number, readonly string[]])[] = [
    ["", 8, 16, ["0+1=0"]],
    ["a", 8, 16, ["0+2=61"]],
    ["dd", 8, 16, ["0+4=6464&ffffff"]],
    ["dd", 8, 3, ["0+2=6464", "2+1=0"]],
    ["dd", 2, 16, ["0+2=6464", "2+1=0"]],
    ["bash", 8, 16, ["0+4=68736162", "4+1=0"]],
    ["systemd", 8, 16, ["0+8=646d6574737973"]],
    ["kworker/0:", 8, 16, ["0+8=2f72656b726f776b", "8+4=3a30&ffffff"]],
  ];
  for (const [text, alignment, room, want] of table)
    assert.deepEqual(shown(text, alignment, room), want, JSON.stringify(text));
});
