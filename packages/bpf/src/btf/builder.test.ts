import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder } from "./builder.ts";
import { BtfError } from "./errors.ts";
import { allTypes, read } from "./testing.ts";

/** One type of every kind. */
function everyKind(): BtfBuilder {
  const btf = new BtfBuilder();
  const int = btf.int("int", 4, "signed");
  const pointer = btf.ptr(btf.const(btf.int("char", 1, "char")));
  btf.array(int, 16);
  btf.struct("pair", 16, [
    { name: "first", type: int, bitOffset: 0 },
    { name: "next", type: btf.ptr(btf.fwd("pair", false)), bitOffset: 64 },
  ]);
  btf.struct("flags", 4, [
    { name: "a", type: int, bitOffset: 0, bitSize: 3 },
    { name: "b", type: int, bitOffset: 3, bitSize: 29 },
  ]);
  btf.union("either", 8, [{ name: "", type: int, bitOffset: 0 }]);
  btf.enum("small", 4, true, [
    { name: "MINUS", value: -1 },
    { name: "PLUS", value: 1n },
  ]);
  btf.enum("large", 8, false, [{ name: "TOP", value: 0xffff_ffff_ffff_ffffn }]);
  btf.typedef("pid_t", btf.volatile(btf.restrict(pointer)));
  const prototype = btf.funcProto(int, [
    { name: "ctx", type: pointer },
    { name: "", type: 0 },
  ]);
  const main = btf.func("main", prototype, "global");
  btf.declTag("tagged", main, 0);
  btf.datasec(".bss", 4, [{ type: btf.var("counter", int, "static"), offset: 0, size: 4 }]);
  btf.float("double", 8);
  btf.typeTag("user", int);
  return btf;
}

test("what is built is what is read, for every kind", () => {
  assert.deepEqual(allTypes(read(everyKind())), [
    { kind: "int", id: 1, name: "int", size: 4, bits: 32, bitOffset: 0, encoding: "signed" },
    { kind: "int", id: 2, name: "char", size: 1, bits: 8, bitOffset: 0, encoding: "char" },
    { kind: "const", id: 3, type: 2 },
    { kind: "ptr", id: 4, type: 3 },
    { kind: "int", id: 5, name: "__ARRAY_SIZE_TYPE__", size: 4, bits: 32, bitOffset: 0, encoding: "unsigned" },
    { kind: "array", id: 6, type: 1, index: 5, length: 16 },
    { kind: "fwd", id: 7, name: "pair", union: false },
    { kind: "ptr", id: 8, type: 7 },
    {
      kind: "struct",
      id: 9,
      name: "pair",
      size: 16,
      members: [
        { name: "first", type: 1, bitOffset: 0, bitSize: 0 },
        { name: "next", type: 8, bitOffset: 64, bitSize: 0 },
      ],
    },
    {
      kind: "struct",
      id: 10,
      name: "flags",
      size: 4,
      members: [
        { name: "a", type: 1, bitOffset: 0, bitSize: 3 },
        { name: "b", type: 1, bitOffset: 3, bitSize: 29 },
      ],
    },
    { kind: "union", id: 11, name: "either", size: 8, members: [{ name: "", type: 1, bitOffset: 0, bitSize: 0 }] },
    {
      kind: "enum",
      id: 12,
      name: "small",
      size: 4,
      signed: true,
      values: [
        { name: "MINUS", value: -1n },
        { name: "PLUS", value: 1n },
      ],
    },
    {
      kind: "enum64",
      id: 13,
      name: "large",
      size: 8,
      signed: false,
      values: [{ name: "TOP", value: 0xffff_ffff_ffff_ffffn }],
    },
    { kind: "restrict", id: 14, type: 4 },
    { kind: "volatile", id: 15, type: 14 },
    { kind: "typedef", id: 16, name: "pid_t", type: 15 },
    {
      kind: "funcProto",
      id: 17,
      result: 1,
      params: [
        { name: "ctx", type: 4 },
        { name: "", type: 0 },
      ],
    },
    { kind: "func", id: 18, name: "main", type: 17, linkage: "global" },
    { kind: "declTag", id: 19, name: "tagged", type: 18, component: 0 },
    { kind: "var", id: 20, name: "counter", type: 1, linkage: "static" },
    { kind: "datasec", id: 21, name: ".bss", size: 4, variables: [{ type: 20, offset: 0, size: 4 }] },
    { kind: "float", id: 22, name: "double", size: 8 },
    { kind: "typeTag", id: 23, name: "user", type: 1 },
  ]);
});

test("the same calls give the same bytes, and the same type the same id", () => {
  const btf = everyKind();
  assert.deepEqual(btf.encode(), everyKind().encode());
  assert.equal(btf.int("int", 4, "signed"), 1);
  assert.notEqual(btf.int("int", 4, "unsigned"), 1);
});

test("strings are stored once and found by their offset", () => {
  const btf = new BtfBuilder();
  const offset = btf.string("größe = 1;");
  assert.equal(btf.string("größe = 1;"), offset);
  const later = btf.string("after");
  assert.equal(read(btf).string(offset), "größe = 1;");
  assert.equal(read(btf).string(later), "after");
  assert.throws(() => btf.string("a\0b"), BtfError);
});
