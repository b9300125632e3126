/** Types that no compiler makes: answers are BtfErrors, soon, however the types refer to each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder } from "./builder.ts";
import type { MemberInit } from "./builder.ts";
import type { TypeId } from "./btf.ts";
import { BtfError } from "./errors.ts";
import { printC } from "./c/header.ts";
import { findMember, memberNames } from "./members.ts";
import { declaration, definition } from "./print.ts";
import type { BtfReader } from "./reader.ts";
import { layoutText, shapeOf } from "./shape.ts";
import { read } from "./testing.ts";

/** Milliseconds, on a busy machine. */
const MOST_TIME = 3000;

function member(name: string, type: TypeId, bitOffset = 0, bitSize = 0): MemberInit {
  return { name, type, bitOffset, bitSize };
}

/** Soon, and by a BtfError of this reason. */
function refused(message: RegExp, ask: () => unknown): void {
  const start = performance.now();
  assert.throws(ask, (error) => error instanceof BtfError && message.test(error.message));
  assert.ok(performance.now() - start < MOST_TIME);
}

test("members beyond their struct, which decoding would read outside of the value", () => {
  const b = new BtfBuilder();
  const int = b.int("int", 4, "signed");
  const late = b.struct("late", 8, [member("x", int, 48)]);
  const inner = b.struct("", 8, [member("y", int)]);
  const hidden = b.struct("hidden", 8, [member("", inner, 0), member("", inner, 64)]);
  const bits = b.struct("bits", 4, [member("z", int, 24, 9)]);
  const section = b.datasec(".data", 4, [{ type: b.var("v", int, "global"), offset: 4, size: 4 }]);
  for (const id of [late, bits, section])
    refused(/has [48] bytes, but its member '[xzv]' ends at/, () => shapeOf(read(b), id));
  refused(/but its member 'y' ends at 12/, () => shapeOf(read(b), hidden));
});

test("a data section whose size is left open is as large as its variables", () => {
  const b = new BtfBuilder();
  const int = b.int("int", 4, "signed");
  const section = b.datasec(".kconfig", 0, [{ type: b.var("v", int, "extern"), offset: 4, size: 4 }]);
  assert.equal(shapeOf(read(b), section).size, 8);
});

test("numbers of sizes that no machine has", () => {
  const b = new BtfBuilder();
  const id = b.enum("e", 3 as 4, false, [{ name: "A", value: 1 }]);
  refused(/integer of 3 bytes/, () => shapeOf(read(b), id));
});

test("arrays without end", () => {
  const b = new BtfBuilder();
  const empty = b.struct("empty", 0, []);
  const int = b.int("int", 4, "signed");
  for (const id of [b.array(empty, 0xffff_ffff), b.array(int, 0x4000_0000)])
    refused(/array of \d+ elements/, () => shapeOf(read(b), id));
});

/** Each level holds the one below it twice: 2^60 members in all, none with a name unless `name` gives one. */
function doubled(name: string): { readonly btf: BtfReader; readonly id: TypeId } {
  const b = new BtfBuilder();
  let id = b.union("", 4, [member("leaf", b.int("int", 4, "signed"))]);
  for (let level = 0; level < 25; level++) id = b.union("", 4, [member(name, id), member(name && `${name}2`, id)]);
  return { btf: read(b), id };
}

test("structs of gigabytes with next to nothing in them", () => {
  const b = new BtfBuilder();
  const int = b.int("int", 4, "signed");
  b.struct("hole", 0x2000_0000, [member("x", int), member("y", int, 0xffff_ffe0)]);
  b.struct("tail", 0xffff_fff8, [member("x", int)]);
  const text = printC(read(b));
  assert.match(text, /struct hole \{\n\tunsigned char __bytes\[536870912\];\n\}/);
  assert.match(text, /struct tail \{\n\tunsigned char __bytes\[4294967288\];\n\}/);
});

test("unions that double at each level", () => {
  const named = doubled("next");
  refused(/members within members/, () => layoutText(named.btf, named.id));
  const anonymous = doubled("");
  refused(/more than 4096 members/, () => shapeOf(anonymous.btf, anonymous.id));
  assert.deepEqual(memberNames(anonymous.btf, anonymous.id), ["leaf"]);
  assert.equal(findMember(anonymous.btf, anonymous.id, "absent"), undefined);
  for (const { btf, id } of [named, anonymous]) refused(/refers to more than \d+ types/, () => definition(btf, id));
});

test("types that contain themselves", () => {
  // The next id is known before the type that has it; an array comes behind the type of its index.
  const b = new BtfBuilder();
  const struct = b.struct("", 8, [member("", 1)]);
  const pointer = b.ptr(2);
  const array = b.array(4, 4);
  const btf = read(b);
  assert.equal(findMember(btf, struct, "x"), undefined);
  assert.deepEqual(memberNames(btf, struct), []);
  refused(/more than \d+ deep/, () => shapeOf(btf, struct));
  for (const id of [struct, pointer, array]) refused(/more than \d+ deep/, () => declaration(btf, id, "x"));
});

test("structs without a name, one in the other, deeper than any stack", () => {
  const b = new BtfBuilder();
  let id = b.struct("", 4, []);
  for (let level = 0; level < 50_000; level++) id = b.struct("", 4, [member("", id)]);
  const btf = read(b);
  for (const ask of [shapeOf, definition, memberNames]) refused(/deep/, () => ask(btf, id));
  refused(/deep/, () => findMember(btf, id, "x"));
});
