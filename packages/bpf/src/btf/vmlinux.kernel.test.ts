/** The running kernel's own types, as we read them and as bpftool (Debian's package) does. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HELPERS } from "../asm/helpers.ts";
import { BtfBuilder } from "./builder.ts";
import { KIND_NAMES } from "./format.ts";
import { loadIndex, serialiseIndex } from "./index-table.ts";
import { findMember } from "./members.ts";
import { BtfReader } from "./reader.ts";
import { dumpBlobText, dumpText, kindWord, ours, parseDump, theirs } from "./testing/bpftool.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";
const vmlinux = new BtfReader(readFileSync(VMLINUX));

test("the kernel's types read as bpftool reads them", () => {
  const dumped = parseDump(dumpText(VMLINUX));
  assert.equal(vmlinux.size - 1, dumped.length);
  // Every 37th type, of which each kind has some; every single one is compared in vmlinux.test.ts.
  for (let at = 0; at < dumped.length; at += 37) assert.equal(ours(vmlinux.type(dumped[at]!.id)), theirs(dumped[at]!));
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
  assert.deepEqual(
    again.type(again.find("task_struct", "struct")[0]!),
    vmlinux.type(vmlinux.find("task_struct", "struct")[0]!),
  );
});

test("what the builder writes, bpftool reads", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, "signed");
  const pair = builder.struct("pair", 8, [
    { name: "a", type: int, bitOffset: 0, bitSize: 3 },
    { name: "b", type: int, bitOffset: 32 },
  ]);
  builder.func("main", builder.funcProto(int, [{ name: "ctx", type: builder.ptr(pair) }]), "global");
  builder.enum("states", 4, true, [{ name: "DEAD", value: -1 }]);
  const reader = new BtfReader(builder.encode());
  const dumped = parseDump(dumpBlobText(builder.encode()));
  assert.deepEqual(
    dumped.map(theirs),
    Array.from({ length: reader.size - 1 }, (_, index) => ours(reader.type(index + 1))),
  );
});
