/**
 * An object made by clang, relocated against the running kernel by libbpf (in bpftool, Debian's
 * package) and by us: every relocation must come to the same value.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { decode } from "../asm/decode.ts";
import type { CoreKind, CoreRelocation, Instruction } from "../asm/instruction.ts";
import { layout } from "../asm/layout.ts";
import { accessSize, isLoadImm64, isMemoryAccess } from "../asm/opcodes.ts";
import { BtfReader } from "../btf/reader.ts";
import { applyCore } from "./apply.ts";

const OBJECT = fileURLToPath(new URL("../../testdata/core-relocations.bpf.o", import.meta.url));
const PIN = `/sys/fs/bpf/sonde-core-test-${process.pid}`;

interface Numbered extends CoreRelocation {
  readonly slot: number;
}

test("libbpf and we give the same value to every relocation", () => {
  const elf = readFileSync(OBJECT);
  const local = new BtfReader(section(elf, ".BTF"));
  const relocations = readRelocations(section(elf, ".BTF.ext"), local);
  const target = new BtfReader(readFileSync("/sys/kernel/btf/vmlinux"));
  const decoded = decode(section(elf, "raw_tp/sched_switch"));
  const applied = applyCore(withReferences(decoded, relocations), local, target);
  const { slots } = layout(decoded);
  const original = new Map(decoded.map((instruction, index) => [slots[index]!, instruction]));
  const program = layout(applied.instructions);

  const theirs = libbpfValues();
  assert.equal(relocations.length, 57);
  assert.equal(theirs.size, 57);
  for (const [number, relocation] of relocations.entries()) {
    const index = program.slots.indexOf(relocation.slot);
    const instruction = program.instructions[index]!;
    const ours = applied.poisoned.has(index)
      ? "poisoned"
      : valueIn(instruction) + resized(original.get(relocation.slot)!, instruction);
    assert.equal(ours, theirs.get(number), JSON.stringify({ number, ...relocation }));
  }
});

/** What libbpf says it wrote, by the number of the relocation. */
function libbpfValues(): Map<number, string> {
  if (!existsSync("/sys/fs/bpf") || !execFileSync("mount", { encoding: "utf8" }).includes(" /sys/fs/bpf ")) {
    execFileSync("mount", ["-t", "bpf", "bpf", "/sys/fs/bpf"]);
  }
  const { stderr, stdout } = spawnSync("bpftool", ["-d", "prog", "load", OBJECT, PIN], { encoding: "utf8" });
  rmSync(PIN, { force: true });
  const values = new Map<number, string>();
  for (const line of `${stderr}${stdout}`.split("\n")) {
    const patched = /relo #(\d+): patched insn #\d+ \(.*-> (-?\d+)/.exec(line);
    const poisoned = /relo #(\d+): substituting insn/.exec(line);
    const size = /relo #(\d+): patched insn #\d+ \(.*mem_sz \d -> (\d)/.exec(line);
    if (size !== null) values.set(Number(size[1]), `${values.get(Number(size[1]))} in ${size[2]} bytes`);
    else if (patched !== null) values.set(Number(patched[1]), patched[2]!);
    if (poisoned !== null) values.set(Number(poisoned[1]), "poisoned");
  }
  return values;
}

function valueIn(instruction: Instruction): string {
  if (isLoadImm64(instruction.opcode)) return String(BigInt.asIntN(64, BigInt(instruction.imm)));
  return String(isMemoryAccess(instruction.opcode) ? instruction.offset : instruction.imm);
}

function resized(before: Instruction, after: Instruction): string {
  const size = accessSize(after.opcode);
  return isMemoryAccess(after.opcode) && accessSize(before.opcode) !== size ? ` in ${size} bytes` : "";
}

function withReferences(instructions: readonly Instruction[], relocations: readonly Numbered[]): Instruction[] {
  const { slots } = layout(instructions);
  const bySlot = new Map(relocations.map((relocation) => [relocation.slot, relocation]));
  return instructions.map((instruction, index) => {
    const relocation = bySlot.get(slots[index]!);
    return relocation === undefined ? instruction : { ...instruction, ref: { kind: "core" as const, relocation } };
  });
}

/** The third part of .BTF.ext, of an object with one program section. */
function readRelocations(ext: Buffer, local: BtfReader): Numbered[] {
  const start = ext.readUInt32LE(4) + ext.readUInt32LE(24);
  const count = ext.readUInt32LE(start + 8);
  return Array.from({ length: count }, (_, index) => {
    const at = start + 12 + index * 16;
    return {
      slot: ext.readUInt32LE(at) / 8,
      typeId: ext.readUInt32LE(at + 4),
      access: local.string(ext.readUInt32LE(at + 8)),
      kind: ext.readUInt32LE(at + 12) as CoreKind,
    };
  });
}

/** A section of a 64-bit little-endian ELF file. */
function section(elf: Buffer, wanted: string): Buffer {
  const table = Number(elf.readBigUInt64LE(40));
  const header = (index: number): Buffer => elf.subarray(table + index * 64, table + index * 64 + 64);
  const content = (entry: Buffer): Buffer =>
    elf.subarray(Number(entry.readBigUInt64LE(24)), Number(entry.readBigUInt64LE(24) + entry.readBigUInt64LE(32)));
  const names = content(header(elf.readUInt16LE(62)));
  for (let index = 0; index < elf.readUInt16LE(60); index++) {
    const name = header(index).readUInt32LE(0);
    if (names.toString("latin1", name, names.indexOf(0, name)) === wanted) return content(header(index));
  }
  throw new Error(`${OBJECT} has no section ${wanted}`);
}
