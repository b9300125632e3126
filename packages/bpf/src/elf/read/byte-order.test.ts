/** Objects for big-endian machines say the same as those for little-endian ones; only what their variables hold differs. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { disassemble } from "../../asm/disassemble.ts";
import type { MapSpec, ObjectSpec } from "../../spec/spec.ts";
import { ElfError } from "../errors.ts";
import { compile, inTemporary } from "../testing/objects.ts";
import { writeObject } from "../write/object.ts";
import { readObject } from "./object.ts";

const SOURCES = ["elf-kinds", "elf-kernel-symbols", "elf-kconfig", "elf-struct-ops"];

/** Without what is compared by itself. */
function withoutData({ byteOrder: _, maps, ...spec }: ObjectSpec): unknown {
  return { ...spec, maps: maps.map(({ data, ...map }) => ({ ...map, bytes: data?.length })) };
}

for (const source of SOURCES) {
  test(`${source}: programs, maps and types are those of either byte order`, () => {
    const big = readObject(compile(source, { target: "bpfeb" }));
    const little = readObject(compile(source));
    assert.equal(big.byteOrder, "big");
    assert.equal(little.byteOrder, undefined);
    assert.deepEqual(withoutData(big), withoutData(little));
    assert.deepEqual(
      big.programs.map(({ instructions }) => disassemble(instructions)),
      little.programs.map(({ instructions }) => disassemble(instructions)),
    );
  });
}

test("a map definition of the older form, and data, in the machine's own order", () => {
  const source = `
    struct bpf_map_def { unsigned int type, key_size, value_size, max_entries, map_flags; };
    struct bpf_map_def counts __attribute__((section("maps"))) = { 1, 4, 8, 77, 1 };
    unsigned int number = 0x01020304;
    unsigned int wanted __attribute__((section("version"))) = 0x50a00;
    __attribute__((section("socket"))) int main_program(void *ctx) { return number; }`;
  for (const [target, data] of [
    ["bpfeb", [1, 2, 3, 4]],
    ["bpfel", [4, 3, 2, 1]],
  ] as const) {
    const spec = readObject(compileText(source, target));
    const maps = new Map(spec.maps.map((map): [string, MapSpec] => [map.name, map]));
    assert.deepEqual(maps.get("counts"), {
      name: "counts",
      type: "hash",
      keySize: 4,
      valueSize: 8,
      maxEntries: 77,
      flags: 1,
      keyTypeId: 0,
      valueTypeId: 0,
    });
    assert.equal(spec.version, 0x50a00);
    assert.deepEqual(Array.from(maps.get(".data")?.data ?? []), data, target);
  }
});

test("they are not written for other machines", () => {
  assert.throws(() => writeObject(readObject(compile("elf-kinds", { target: "bpfeb" }))), ElfError);
});

test("what is cut off anywhere is refused by an ElfError", () => {
  const whole = compile("elf-kinds", { target: "bpfeb" });
  for (let length = 0; length < whole.length; length += 97) {
    assert.throws(() => readObject(whole.subarray(0, length)), ElfError, `${length} bytes`);
  }
});

function compileText(source: string, target: string): Uint8Array {
  return inTemporary((folder) => {
    const file = path.join(folder, "source.c");
    writeFileSync(file, source);
    return execFileSync("clang-16", ["-O2", "-target", target, "-c", file, "-o", "-"]);
  });
}
