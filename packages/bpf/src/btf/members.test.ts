import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder } from "./builder.ts";
import { BtfError } from "./errors.ts";
import { findMember, memberNames, resolve, sizeOf } from "./members.ts";
import { declaration, definition } from "./print.ts";
import { read } from "./testing.ts";

const builder = new BtfBuilder();
const int = builder.int("int", 4, "signed");
const u64 = builder.typedef("u64", builder.int("unsigned long", 8, "unsigned"));
const path = builder.struct("path", 16, [
  { name: "mnt", type: builder.ptr(builder.fwd("vfsmount", false)), bitOffset: 0 },
  { name: "dentry", type: builder.ptr(builder.fwd("dentry", false)), bitOffset: 64 },
]);
const inner = builder.struct("", 8, [
  { name: "low", type: int, bitOffset: 0 },
  { name: "flag", type: int, bitOffset: 35, bitSize: 2 },
]);
const union = builder.union("", 8, [
  { name: "whole", type: u64, bitOffset: 0 },
  { name: "", type: inner, bitOffset: 0 },
]);
const file = builder.struct("file", 40, [
  { name: "f_mode", type: builder.const(int), bitOffset: 0 },
  { name: "", type: union, bitOffset: 64 },
  { name: "f_path", type: path, bitOffset: 128 },
  { name: "tail", type: builder.array(int, 2), bitOffset: 256 },
]);
const alias = builder.typedef("file_t", builder.volatile(file));
const btf = read(builder);

test("members are found through anonymous and embedded structs", () => {
  const table: readonly (readonly [name: string, bitOffset: number, bitSize: number, path: readonly number[]])[] = [
    ["f_mode", 0, 0, [0]],
    ["whole", 64, 0, [1, 0]],
    ["low", 64, 0, [1, 1, 0]],
    ["flag", 99, 2, [1, 1, 1]],
    ["f_path", 128, 0, [2]],
    ["f_path.dentry", 192, 0, [2, 1]],
  ];
  for (const [name, bitOffset, bitSize, want] of table) {
    const found = findMember(btf, alias, name);
    assert.deepEqual([found?.bitOffset, found?.bitSize, found?.path], [bitOffset, bitSize, want], name);
  }
});

test("what is no member is not found", () => {
  for (const name of ["absent", "f_path.absent", "f_mode.x", "f_path.dentry.d_name", ""])
    assert.equal(findMember(btf, file, name), undefined, name);
  assert.equal(findMember(btf, int, "x"), undefined);
});

test("aliases lead to the type behind them, and sizes to bytes", () => {
  assert.equal(resolve(btf, alias).id, file);
  assert.deepEqual(
    [alias, u64, builder.ptr(0), builder.array(u64, 3)].map((id) => sizeOf(read(builder), id)),
    [40, 8, 8, 24],
  );
  assert.throws(() => sizeOf(btf, 0), BtfError);
  assert.deepEqual(memberNames(btf, file), ["f_mode", "whole", "low", "flag", "f_path", "tail"]);
});

test("a type that refers to itself for ever is refused", () => {
  const looped = new BtfBuilder();
  looped.typedef("loop", 1);
  assert.throws(() => resolve(read(looped), 1), /refers to itself/);
});

test("declarations read as C", () => {
  const show = builder.ptr(
    builder.funcProto(int, [
      { name: "m", type: builder.ptr(path) },
      { name: "", type: 0 },
    ]),
  );
  const table: readonly (readonly [id: number, name: string, text: string])[] = [
    [int, "x", "int x"],
    [builder.ptr(builder.const(int)), "x", "const int *x"],
    [builder.const(builder.ptr(int)), "x", "int * const x"],
    [builder.ptr(builder.ptr(path)), "x", "struct path **x"],
    [builder.array(builder.ptr(int), 4), "x", "int *x[4]"],
    [builder.ptr(builder.array(int, 4)), "x", "int (*x)[4]"],
    [builder.array(builder.array(int, 3), 2), "x", "int x[2][3]"],
    [show, "show", "int (*show)(struct path *m, ...)"],
    [builder.array(show, 2), "shows", "int (*shows[2])(struct path *m, ...)"],
    [builder.ptr(0), "", "void *"],
    [builder.func("main", builder.funcProto(0, []), "global"), "", "void main(void)"],
  ];
  const later = read(builder);
  for (const [id, name, text] of table) assert.equal(declaration(later, id, name), text);
});

test("definitions show members, bit fields and anonymous parts", () => {
  assert.equal(
    definition(btf, file),
    `struct file {
	const int f_mode;
	union {
		u64 whole;
		struct {
			int low;
			int flag:2;
		};
	};
	struct path f_path;
	int tail[2];
};`,
  );
  assert.equal(definition(btf, alias), "typedef volatile struct file file_t;");
});
