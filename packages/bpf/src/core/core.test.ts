import assert from "node:assert/strict";
import { test } from "node:test";
import { aluImm, exit, load, loadImm64, store, withCore, withLabel } from "../asm/build.ts";
import { CoreKind } from "../asm/instruction.ts";
import { accessSize } from "../asm/opcodes.ts";
import type { Btf } from "../btf/btf.ts";
import { BtfBuilder } from "../btf/builder.ts";
import { BtfError } from "../btf/errors.ts";
import { read } from "../btf/testing.ts";
import { applyCore, POISON_HELPER } from "./apply.ts";
import { essentialName } from "./compatible.ts";
import { resolveRelocation } from "./resolve.ts";

/** What the object was compiled for. */
function localTypes(): { btf: Btf; id: Record<string, number> } {
  const b = new BtfBuilder();
  const int = b.int("int", 4, "signed");
  const u32 = b.int("unsigned int", 4, "unsigned");
  const pointer = b.ptr(b.fwd("mm_struct", false));
  const inner = b.struct("inner", 4, [{ name: "x", type: u32, bitOffset: 0 }]);
  const task = b.struct("task", 64, [
    { name: "pid", type: u32, bitOffset: 0 },
    { name: "mm", type: pointer, bitOffset: 64 },
    { name: "nested", type: inner, bitOffset: 128 },
    { name: "list", type: b.array(inner, 4), bitOffset: 160 },
    { name: "gone", type: int, bitOffset: 288 },
    { name: "now_pointer", type: int, bitOffset: 320 },
    { name: "state", type: int, bitOffset: 352 },
    { name: "tail", type: b.array(int, 0), bitOffset: 384 },
  ]);
  const flags = b.struct("flags", 4, [
    { name: "a", type: u32, bitOffset: 0, bitSize: 4 },
    { name: "s", type: int, bitOffset: 4, bitSize: 5 },
  ]);
  const old = b.struct("task___old", 8, [{ name: "pid", type: u32, bitOffset: 0 }]);
  const absent = b.struct("absent", 8, [{ name: "x", type: int, bitOffset: 0 }]);
  const modes = b.enum("modes", 4, false, [
    { name: "READ", value: 1 },
    { name: "WRITE___v2", value: 2 },
    { name: "LOST", value: 3 },
  ]);
  const atomic = b.typedef("atomic_t", b.struct("", 4, [{ name: "counter", type: int, bitOffset: 0 }]));
  return { btf: read(b), id: { task, flags, old, absent, modes, atomic, inner, int } };
}

/** The kernel it runs on: everything moved, some of it changed. */
function targetTypes(): { btf: Btf; id: Record<string, number> } {
  const b = new BtfBuilder();
  const long = b.int("long", 8, "signed");
  const ulong = b.typedef("u64", b.int("unsigned long", 8, "unsigned"));
  const int = b.int("int", 4, "signed");
  const inner = b.struct("inner", 16, [
    { name: "pad", type: ulong, bitOffset: 0 },
    { name: "x", type: b.int("unsigned int", 4, "unsigned"), bitOffset: 64 },
  ]);
  const anonymous = b.union("", 8, [
    { name: "", type: b.struct("", 8, [{ name: "pid", type: b.const(ulong), bitOffset: 0 }]), bitOffset: 0 },
  ]);
  const task = b.struct("task", 256, [
    { name: "pad", type: b.array(ulong, 5), bitOffset: 0 },
    { name: "", type: anonymous, bitOffset: 320 },
    { name: "mm", type: b.ptr(b.fwd("mm_struct", false)), bitOffset: 448 },
    { name: "list", type: b.array(inner, 4), bitOffset: 512 },
    { name: "nested", type: inner, bitOffset: 1024 },
    { name: "now_pointer", type: b.ptr(0), bitOffset: 1152 },
    { name: "state", type: long, bitOffset: 1216 },
    { name: "tail", type: b.array(int, 0), bitOffset: 1280 },
  ]);
  b.struct("flags", 8, [
    { name: "z", type: int, bitOffset: 0, bitSize: 30 },
    { name: "a", type: b.int("unsigned int", 4, "unsigned"), bitOffset: 30, bitSize: 4 },
    { name: "s", type: int, bitOffset: 34, bitSize: 6 },
  ]);
  b.enum("modes", 8, false, [
    { name: "NEW", value: 1 },
    { name: "READ", value: 2n ** 40n },
    { name: "WRITE", value: 7 },
  ]);
  const atomic = b.typedef("atomic_t", b.struct("", 4, [{ name: "counter", type: int, bitOffset: 0 }]));
  return { btf: read(b), id: { task, atomic } };
}

const local = localTypes();
const target = targetTypes();

test("every kind of relocation gets the running kernel's value", () => {
  const { id } = local;
  const table: readonly (readonly [
    kind: keyof typeof CoreKind,
    typeId: number,
    access: string,
    want: bigint | undefined,
  ])[] = [
    ["FieldByteOffset", id.task!, "0:0", 40n],
    ["FieldByteSize", id.task!, "0:0", 8n],
    ["FieldExists", id.task!, "0:0", 1n],
    ["FieldSigned", id.task!, "0:0", 0n],
    ["FieldSigned", id.task!, "0:6", 1n],
    ["FieldByteOffset", id.task!, "0:1", 56n],
    ["FieldByteOffset", id.task!, "0:2:0", 136n],
    ["FieldByteOffset", id.task!, "0:3:2:0", 64n + 2n * 16n + 8n],
    ["FieldByteOffset", id.task!, "0:3:2", 64n + 2n * 16n],
    ["FieldByteSize", id.task!, "0:3", 64n],
    ["FieldByteOffset", id.task!, "2", 512n],
    ["FieldByteOffset", id.task!, "1:1", 256n + 56n],
    ["FieldByteOffset", id.task!, "0:7:5", 160n + 20n],
    ["FieldExists", id.task!, "0:4", 0n],
    ["FieldByteOffset", id.task!, "0:4", undefined],
    ["FieldExists", id.task!, "0:5", 0n],
    ["FieldByteOffset", id.old!, "0:0", 40n],
    ["FieldByteOffset", id.atomic!, "0:0", 0n],
    ["FieldByteOffset", id.absent!, "0:0", undefined],
    // Bit 30 to 33 needs an eight-byte load at 0: 64 - 34 left, 60 right.
    ["FieldByteOffset", id.flags!, "0:0", 0n],
    ["FieldByteSize", id.flags!, "0:0", 8n],
    ["FieldLeftShift", id.flags!, "0:0", 30n],
    ["FieldRightShift", id.flags!, "0:0", 60n],
    // Bits 34 to 39 lie in the second word: bits 2 to 7 of it.
    ["FieldByteOffset", id.flags!, "0:1", 4n],
    ["FieldByteSize", id.flags!, "0:1", 4n],
    ["FieldLeftShift", id.flags!, "0:1", 56n],
    ["FieldRightShift", id.flags!, "0:1", 58n],
    ["FieldSigned", id.flags!, "0:1", 1n],
    ["LocalTypeId", id.task!, "0", BigInt(id.task!)],
    ["TargetTypeId", id.task!, "0", BigInt(target.id.task!)],
    ["TargetTypeId", id.absent!, "0", 0n],
    ["TypeExists", id.old!, "0", 1n],
    ["TypeExists", id.absent!, "0", 0n],
    ["TypeSize", id.task!, "0", 256n],
    ["TypeSize", id.int!, "0", 4n],
    ["TypeMatches", id.task!, "0", 0n],
    ["TypeMatches", id.atomic!, "0", 1n],
    ["TypeMatches", id.inner!, "0", 1n],
    ["EnumValueExists", id.modes!, "0", 1n],
    ["EnumValueExists", id.modes!, "2", 0n],
    ["EnumValue", id.modes!, "0", 2n ** 40n],
    ["EnumValue", id.modes!, "1", 7n],
    ["EnumValue", id.modes!, "2", undefined],
  ];
  for (const [kind, typeId, access, want] of table) {
    const resolution = resolveRelocation(local.btf, { kind: CoreKind[kind], typeId, access }, target.btf);
    assert.equal(resolution.kind === "value" ? resolution.value : undefined, want, `${kind} ${typeId} ${access}`);
  }
});

test("what is missing is named as C writes it", () => {
  const reason = (typeId: number, access: string): string => {
    const resolution = resolveRelocation(local.btf, { kind: CoreKind.FieldByteOffset, typeId, access }, target.btf);
    return resolution.kind === "missing" ? resolution.reason : "";
  };
  assert.match(reason(local.id.task!, "0:4"), /^struct task\.gone: this kernel's type of that name has no such part/);
  assert.match(reason(local.id.absent!, "0:0"), /^struct absent\.x: this kernel has no type of that name/);
});

test("types that share a name and disagree are no answer", () => {
  const b = new BtfBuilder();
  const u32 = b.int("unsigned int", 4, "unsigned");
  b.struct("task", 8, [{ name: "pid", type: u32, bitOffset: 0 }]);
  b.struct("task", 8, [{ name: "pid", type: u32, bitOffset: 32 }]);
  const resolution = resolveRelocation(
    local.btf,
    { kind: CoreKind.FieldByteOffset, typeId: local.id.task!, access: "0:0" },
    read(b),
  );
  assert.match(resolution.kind === "missing" ? resolution.reason : "", /2 types of that name and they disagree/);
});

test("malformed relocations are refused", () => {
  for (const [kind, access] of [
    ["FieldByteOffset", "0:99"],
    ["FieldByteOffset", "0:0:0"],
    ["FieldByteOffset", "x"],
    ["FieldByteOffset", ""],
    ["TypeSize", "1"],
    ["EnumValue", "0"],
    ["FieldByteOffset", "0:3:4"],
  ] as const) {
    assert.throws(
      () => resolveRelocation(local.btf, { kind: CoreKind[kind], typeId: local.id.task!, access }, target.btf),
      BtfError,
      `${kind} ${access}`,
    );
  }
});

const field = (
  access: string,
  kind: CoreKind = CoreKind.FieldByteOffset,
  typeId: number = local.id.task!,
): { kind: CoreKind; typeId: number; access: string } => ({ kind, typeId, access });

test("values are written where each instruction holds them", () => {
  const { instructions, poisoned } = applyCore(
    [
      withCore(load(4, 1, 1, 0), field("0:0")),
      withCore(store(8, 1, 8, 2), field("0:1")),
      withCore(aluImm("ADD", 64, 1, 0), field("0:2:0")),
      withCore(loadImm64(1, 0n), field("0", CoreKind.EnumValue, local.id.modes)),
      exit(),
    ],
    local.btf,
    target.btf,
  );
  assert.equal(poisoned.size, 0);
  assert.ok(instructions.every(({ ref }) => ref === undefined));
  // The unsigned pid has grown to eight bytes, and so has its load.
  assert.deepEqual([instructions[0]?.offset, accessSize(instructions[0]!.opcode)], [40, 8]);
  assert.deepEqual([instructions[1]?.offset, accessSize(instructions[1]!.opcode)], [56, 8]);
  assert.equal(instructions[2]?.imm, 136);
  assert.equal(instructions[3]?.imm, 2n ** 40n);
});

test("what cannot be resolved is poisoned in place, every slot of it", () => {
  const { instructions, poisoned } = applyCore(
    [
      withLabel(withCore(loadImm64(1, 0n), field("2", CoreKind.EnumValue, local.id.modes)), "main"),
      withCore(load(4, 1, 1, 0), field("0:4")),
      withCore(load(4, 1, 1, 0), field("0:6")),
      exit(),
    ],
    local.btf,
    target.btf,
  );
  assert.deepEqual(
    instructions.map(({ imm }) => imm),
    [POISON_HELPER, POISON_HELPER, POISON_HELPER, POISON_HELPER, 0],
  );
  assert.equal(instructions[0]?.label, "main");
  assert.deepEqual([...poisoned.keys()], [0, 2, 3]);
  assert.match(poisoned.get(2)!, /struct task\.gone/);
  assert.match(
    poisoned.get(3)!,
    /struct task\.state: compiled for 4 bytes, this kernel has 8, and only unsigned integers and pointers/,
  );
});

test("the offset of a field whose size changed may still be added to a pointer", () => {
  const { instructions } = applyCore([withCore(aluImm("ADD", 64, 1, 0), field("0:6"))], local.btf, target.btf);
  assert.equal(instructions[0]?.imm, 152);
});

test("flavours end a name after its last triple underscore", () => {
  for (const [name, want] of [
    ["task___old", "task"],
    ["a___b___c", "a___b"],
    ["___x", "___x"],
    ["x___", "x___"],
    ["x____y", "x____y"],
    ["task", "task"],
  ]) {
    assert.equal(essentialName(name!), want);
  }
});
