import assert from "node:assert/strict";
import { test } from "node:test";
import { callSubprogram, exit, loadImm64, mov64Imm, withCore, withLabel, withSource, load } from "../asm/build.ts";
import { CoreKind } from "../asm/instruction.ts";
import type { SourcePosition } from "../asm/instruction.ts";
import { layout } from "../asm/layout.ts";
import { encodeExt, extStrings } from "./ext.ts";
import { funcInfo, lineInfo, programInfo, sourceTexts } from "./program-info.ts";

const at = (line: number, column: number): SourcePosition => ({ file: "a.bt", line, column, text: `line ${line}` });

const program = layout([
  withLabel(loadImm64(1, 5n), "main"),
  withSource(mov64Imm(2, 0), at(3, 1)),
  withSource(callSubprogram("sub"), at(3, 1)),
  withSource(withCore(load(4, 1, 1, 8), { kind: CoreKind.FieldByteOffset, typeId: 2, access: "0:1" }), at(4, 5)),
  exit(),
  withLabel(mov64Imm(0, 0), "sub"),
  exit(),
]);
const functions = new Map([
  ["sub", 12],
  ["main", 11],
]);
const strings = new Map<string, number>();
for (const text of extStrings([{ name: "prog", program, functions }]))
  strings.set(text, strings.get(text) ?? strings.size + 1);
const offset = (text: string): number => strings.get(text)!;

test("func info is sorted by slot", () => {
  assert.deepEqual(funcInfo(program, functions), [
    { slot: 0, typeId: 11 },
    { slot: 6, typeId: 12 },
  ]);
  assert.throws(
    () => funcInfo(program, new Map([["absent", 1]])),
    /function "absent" has a BTF type but no instructions/,
  );
});

test("line info has a record at every function's start and wherever the line changes", () => {
  const records = lineInfo(program, funcInfo(program, functions), offset);
  assert.deepEqual(
    records.map(({ slot, line, column }) => [slot, line, column]),
    [
      [0, 3, 1],
      [4, 4, 5],
      [6, 4, 5],
    ],
  );
  assert.deepEqual(
    records.map(({ text }) => text),
    [offset("line 3"), offset("line 4"), offset("line 4")],
  );
  assert.deepEqual(lineInfo(layout([exit()]), [], offset), []);
});

test("the kernel's records are little-endian words, line and column in one", () => {
  const info = programInfo(program, functions, offset);
  assert.deepEqual([...new Uint32Array(info.funcInfo.buffer)], [0, 11, 6, 12]);
  assert.deepEqual([...new Uint32Array(info.lineInfo.buffer)].slice(0, 4), [
    0,
    offset("a.bt"),
    offset("line 3"),
    (3 << 10) | 1,
  ]);
  assert.equal(info.lineInfoCount, 3);
  assert.deepEqual([...new Set(sourceTexts(program.instructions))], ["a.bt", "line 3", "line 4"]);
});

test(".BTF.ext counts in bytes and keeps its three parts apart", () => {
  const words = [...new Uint32Array(encodeExt([{ name: "prog", program, functions }], offset).buffer)];
  const func = [8, offset("prog"), 2, 0, 11, 48, 12];
  const line = [16, offset("prog"), 3];
  assert.deepEqual(words.slice(0, 8), [0x1eb9f, 32, 0, func.length * 4, func.length * 4, 60, func.length * 4 + 60, 28]);
  assert.deepEqual(words.slice(8, 15), func);
  assert.deepEqual(words.slice(15, 18), line);
  assert.deepEqual(words.slice(30), [16, offset("prog"), 1, 32, 2, offset("0:1"), CoreKind.FieldByteOffset]);
});
