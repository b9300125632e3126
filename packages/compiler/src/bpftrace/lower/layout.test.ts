import assert from "node:assert/strict";
import { test } from "node:test";
import type { Type } from "../types.ts";
import { dataType, fieldSize, layOut } from "./layout.ts";
import { Refusal } from "./messages.ts";

const SPAN = { start: 3, end: 7 };
const noStacks = (): string => "stacks";
const U8: Type = { kind: "int", size: 1, signed: false };
const TEXT: Type = { kind: "string", size: 20 };

test("fields start at multiples of 8; integers are widened", () => {
  const layout = layOut(
    [U8, TEXT, { kind: "bool" } as const, U8].map((type) => dataType(type, noStacks, SPAN, () => undefined)),
    8,
  );
  assert.deepEqual(
    layout.fields.map(({ offset, type }) => [offset, type.kind, type.size]),
    [
      [8, "int", 8],
      [16, "string", 20],
      [40, "bool", 1],
      [48, "int", 8],
    ],
  );
  assert.equal(layout.size, 56);
});

test("a tuple is as large as its parts; so says fieldSize", () => {
  const tuple: Type = {
    kind: "tuple",
    items: [U8, TEXT, { kind: "stack", user: true, mode: "perf", frames: 5, unwound: false }],
  };
  assert.equal(dataType(tuple, noStacks, SPAN, () => undefined).size, 8 + 24 + 16);
  assert.equal(fieldSize(tuple), 8 + 24 + 16);
});

test("arrays keep their elements' sizes", () => {
  const address: Type = { kind: "array", element: U8, length: 16, space: "kernel", trusted: false };
  assert.deepEqual(
    dataType(address, noStacks, SPAN, () => undefined),
    { kind: "array", size: 16, length: 16, element: U8 },
  );
});

test("what has no layout is refused where it stands", () => {
  const struct: Type = {
    kind: "struct",
    typeId: 1,
    name: "struct task_struct",
    size: 64,
    space: "kernel",
    trusted: false,
  };
  assert.throws(
    () => dataType(struct, noStacks, SPAN, () => undefined),
    (error) => error instanceof Refusal && error.diagnostic.code === "SND2008" && error.diagnostic.span.start === 3,
  );
});
