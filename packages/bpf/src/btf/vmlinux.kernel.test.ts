/** The running kernel's own types, as we read them and as bpftool (Debian's package) does. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { HELPERS } from "../asm/helpers.ts";
import type { BtfType } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { KIND_NAMES } from "./format.ts";
import { loadIndex, serialiseIndex } from "./index-table.ts";
import { findMember } from "./members.ts";
import { BtfReader } from "./reader.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";
const vmlinux = new BtfReader(readFileSync(VMLINUX));

/** One type as bpftool's JSON has it; the fields differ by kind. */
interface Dumped {
  readonly id: number; readonly kind: string; readonly name: string;
  readonly size?: number; readonly type_id?: number; readonly ret_type_id?: number; readonly nr_elems?: number; readonly linkage?: string;
  readonly encoding?: string; readonly nr_bits?: number;
  readonly members?: readonly { name: string; type_id: number; bits_offset: number; bitfield_size?: number }[];
  readonly values?: readonly { name: string; val: number }[];
  readonly params?: readonly { name: string; type_id: number }[];
}

function dump(path: string): readonly Dumped[] {
  const text = execFileSync("bpftool", ["-j", "btf", "dump", "file", path], { maxBuffer: 1 << 28, encoding: "utf8" });
  return (JSON.parse(text) as { types: readonly Dumped[] }).types;
}

/** bpftool's words for our kinds: FUNC_PROTO, DECL_TAG, PTR. */
function kindWord(kind: string): string {
  return kind.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** What both know of a type, in one shape. bpftool writes "(anon)" for no name. */
function ours(type: BtfType): object {
  const name = "name" in type && type.name !== "" ? type.name : "(anon)";
  const common = { id: type.id, kind: kindWord(type.kind), name };
  switch (type.kind) {
    case "int": return { ...common, size: type.size, nr_bits: type.bits };
    case "struct": case "union":
      return { ...common, size: type.size, members: type.members.map((member) => [member.name || "(anon)", member.type, member.bitOffset, member.bitSize]) };
    case "enum": return { ...common, size: type.size, values: type.values.map(({ name: word }) => word) };
    case "funcProto": return { ...common, type: type.result, params: type.params.map((param) => [param.name || "(anon)", param.type]) };
    case "array": return { ...common, type: type.type, nr_elems: type.length };
    case "func": return { ...common, type: type.type, linkage: type.linkage };
    default: return "type" in type ? { ...common, type: type.type } : common;
  }
}

function theirs(type: Dumped): object {
  const common = { id: type.id, kind: type.kind, name: type.name ?? "(anon)" };
  switch (type.kind) {
    case "INT": return { ...common, size: type.size, nr_bits: type.nr_bits };
    case "STRUCT": case "UNION":
      return { ...common, size: type.size, members: type.members!.map((member) => [member.name, member.type_id, member.bits_offset, member.bitfield_size ?? 0]) };
    case "ENUM": return { ...common, size: type.size, values: type.values!.map(({ name }) => name) };
    case "FUNC_PROTO": return { ...common, type: type.ret_type_id, params: type.params!.map((param) => [param.name, param.type_id]) };
    case "ARRAY": return { ...common, type: type.type_id, nr_elems: type.nr_elems };
    case "FUNC": return { ...common, type: type.type_id, linkage: type.linkage };
    default: return type.type_id === undefined ? common : { ...common, type: type.type_id };
  }
}

test("the kernel's types read as bpftool reads them", () => {
  const dumped = dump(VMLINUX);
  assert.equal(vmlinux.size - 1, dumped.length);
  // Every 37th type, of which each kind has some.
  for (let at = 0; at < dumped.length; at += 37) assert.deepEqual(ours(vmlinux.type(dumped[at]!.id)), theirs(dumped[at]!));
  const counts = new Map<string, number>();
  for (const { kind } of dumped) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const kind of KIND_NAMES.slice(1)) {
    assert.equal([...vmlinux.names(kind)].length, counts.get(kindWord(kind)) ?? 0, kind);
  }
});

test("every helper of the kernel is in the table under its number", () => {
  const [id] = vmlinux.find("bpf_func_id", "enum");
  const type = vmlinux.type(id!);
  assert.ok(type.kind === "enum");
  const known = new Map(Object.entries(HELPERS).map(([name, [number]]) => [`BPF_FUNC_${name}`, BigInt(number)]));
  const values = type.values.filter(({ name }) => name !== "BPF_FUNC_unspec" && name !== "__BPF_FUNC_MAX_ID");
  for (const { name, value } of values) assert.equal(known.get(name), value, name);
});

test("a member behind anonymous structs is where the kernel's layout has it", () => {
  const [sock] = vmlinux.find("sock", "struct");
  // sk_family is `__sk_common.skc_family`, behind two 8-byte anonymous unions; every tracer of sockets relies on it.
  assert.equal(findMember(vmlinux, sock!, "__sk_common.skc_family")?.bitOffset, 16 * 8);
});

test("a saved index serves the kernel's BTF", () => {
  const blob = readFileSync(VMLINUX);
  const index = loadIndex(serialiseIndex(vmlinux.index, blob), blob);
  assert.ok(index);
  const again = new BtfReader(blob, { index });
  assert.deepEqual(again.find("task_struct", "struct"), vmlinux.find("task_struct", "struct"));
  assert.deepEqual(again.type(again.find("task_struct", "struct")[0]!), vmlinux.type(vmlinux.find("task_struct", "struct")[0]!));
});

test("what the builder writes, bpftool reads", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, "signed");
  const pair = builder.struct("pair", 8, [{ name: "a", type: int, bitOffset: 0, bitSize: 3 }, { name: "b", type: int, bitOffset: 32 }]);
  builder.func("main", builder.funcProto(int, [{ name: "ctx", type: builder.ptr(pair) }]), "global");
  builder.enum("states", 4, true, [{ name: "DEAD", value: -1 }]);
  const directory = mkdtempSync(join(tmpdir(), "sonde-btf-"));
  try {
    const path = join(directory, "btf");
    writeFileSync(path, builder.encode());
    const reader = new BtfReader(builder.encode());
    assert.deepEqual(dump(path).map(theirs), Array.from({ length: reader.size - 1 }, (_, index) => ours(reader.type(index + 1))));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
