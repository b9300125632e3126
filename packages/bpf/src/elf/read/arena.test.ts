/** Variables of address space 1, which LLVM has since version 19. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { disassembleInstruction } from "../../asm/disassemble.ts";
import { BtfReader } from "../../btf/reader.ts";
import { inTemporary } from "../testing/objects.ts";
import { writeObject } from "../write/object.ts";
import { readObject } from "./object.ts";

const arena = (name: string): string => `
  struct { int (*type)[33]; int (*map_flags)[0x400]; int (*max_entries)[4]; } ${name}
    __attribute__((section(".maps")));`;

function compiled(...maps: readonly string[]): Uint8Array {
  const source = `
    ${maps.map(arena).join("\n")}
    unsigned long long __attribute__((address_space(1))) counter = 41;
    unsigned long long __attribute__((address_space(1))) later;
    __attribute__((section("syscall"))) int main_program(void *ctx) { later = counter++; return 0; }`;
  return inTemporary((folder) => {
    const file = path.join(folder, "source.c");
    writeFileSync(file, source);
    return execFileSync("clang-19", ["-O2", "-g", "-target", "bpf", "-c", file, "-o", "-"]);
  });
}

test("they are the arena's first content, and programs refer to them there", () => {
  const spec = readObject(compiled("memory"));
  const [map] = spec.maps;
  assert.deepEqual([map?.name, map?.type, map?.data?.length, map?.data?.[0]], ["memory", "arena", 16, 41]);
  const section = new BtfReader(spec.btf).type(map?.dataTypeId ?? 0);
  assert.equal(section.kind === "datasec" && section.variables.length, 2);
  const instructions = spec.programs[0]?.instructions ?? [];
  assert.deepEqual(
    instructions.flatMap(({ ref }) => (ref?.kind === "mapValue" ? [`${ref.map}+${ref.offset}`] : [])),
    ["memory+0", "memory+8"],
  );
  const text = instructions.map(disassembleInstruction);
  assert.ok(
    text.some((line) => /^r\d = addr_space_cast\(r\d, 0, 1\)$/.test(line)),
    text.join("\n"),
  );
  assert.deepEqual(readObject(writeObject(spec)), spec);
});

test("without an arena, or with several, it is not known where they are", () => {
  assert.throws(
    () => readObject(compiled()),
    /section '\.addr_space\.1': its variables are in an arena, and the object defines none: one is needed/,
  );
  assert.throws(() => readObject(compiled("memory", "other")), /the object defines 2: one is needed/);
});
