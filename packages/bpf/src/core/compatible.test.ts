import assert from "node:assert/strict";
import { test } from "node:test";
import type { TypeId } from "../btf/btf.ts";
import { BtfBuilder } from "../btf/builder.ts";
import { read } from "../btf/testing.ts";
import { fieldsCompatible, typesCompatible, typesMatch } from "./compatible.ts";

type Make = (b: BtfBuilder) => TypeId;

const int: Make = (b) => b.int("int", 4, "signed");
const unsigned: Make = (b) => b.int("int", 4, "unsigned");
const long: Make = (b) => b.int("long", 8, "signed");
const struct =
  (name: string, ...members: readonly string[]): Make =>
  (b) =>
    b.struct(
      name,
      64,
      members.map((member, index) => ({ name: member, type: int(b), bitOffset: index * 32 })),
    );
const fwd =
  (name: string, union = false): Make =>
  (b) =>
    b.fwd(name, union);
const pointer =
  (to: Make): Make =>
  (b) =>
    b.ptr(to(b));
const array =
  (of: Make, length: number): Make =>
  (b) =>
    b.array(of(b), length);
const states =
  (size: 4 | 8, ...names: readonly string[]): Make =>
  (b) =>
    b.enum(
      "states",
      size,
      false,
      names.map((name, value) => ({ name, value })),
    );
const proto =
  (result: Make, ...params: readonly Make[]): Make =>
  (b) =>
    b.funcProto(
      result(b),
      params.map((param, index) => ({ name: `p${index}`, type: param(b) })),
    );
const holder =
  (member: Make): Make =>
  (b) =>
    b.struct("holder", 8, [{ name: "it", type: member(b), bitOffset: 0 }]);

/** For a local and a target type: may the field be read, is the shape the same, does all of it match. */
const table: readonly (readonly [
  what: string,
  local: Make,
  target: Make,
  field: boolean,
  shape: boolean,
  match: boolean,
])[] = [
  ["the same int", int, int, true, true, true],
  ["ints of other sign", int, unsigned, true, true, false],
  ["ints of other size and name", int, long, true, true, false],
  ["an int and a pointer", int, pointer(int), false, false, false],
  ["pointers to different things", pointer(int), pointer(struct("a")), true, false, false],
  ["structs of other names", struct("a", "x"), struct("b", "y"), true, true, false],
  ["a struct of which more is left", struct("a___v2", "x"), struct("a", "w", "x"), true, true, true],
  ["a struct that lost a member", struct("a", "x", "y"), struct("a", "x"), true, true, false],
  ["pointers to a struct and to its declaration", pointer(struct("a", "x")), pointer(fwd("a")), true, false, true],
  ["pointers to a declared struct and to a union", pointer(fwd("a")), pointer(fwd("a", true)), true, true, false],
  [
    "a struct with a pointer to a struct that changed",
    holder(pointer(struct("a", "x"))),
    holder(pointer(struct("a", "y"))),
    true,
    true,
    true,
  ],
  ["a struct with a struct that changed", holder(struct("a", "x")), holder(struct("a", "y")), true, true, false],
  ["arrays of other lengths", array(int, 2), array(int, 3), true, true, false],
  ["arrays of other elements", array(int, 2), array(pointer(int), 2), false, false, false],
  ["an enum that grew", states(4, "A"), states(4, "A", "B"), true, true, true],
  ["an enum that became wider", states(4, "A"), states(8, "A"), true, true, false],
  ["an enum that lost a value", states(4, "A", "B"), states(4, "A"), true, true, false],
  ["prototypes alike", proto(int, pointer(int)), proto(int, pointer(int)), false, true, true],
  ["prototypes with another result", proto(int), proto(pointer(int)), false, false, false],
  ["prototypes with more parameters", proto(int), proto(int, int), false, false, false],
];

for (const [what, local, target, field, shape, match] of table) {
  test(`${what}: field ${field}, shape ${shape}, match ${match}`, () => {
    const ours = new BtfBuilder();
    const theirs = new BtfBuilder();
    const [a, b] = [local(ours), target(theirs)];
    const sides = [read(ours), a, read(theirs), b] as const;
    assert.deepEqual(
      [fieldsCompatible(...sides), typesCompatible(...sides), typesMatch(...sides)],
      [field, shape, match],
    );
  });
}
