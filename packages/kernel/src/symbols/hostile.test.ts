import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ElfError, ElfFile } from "./elf.ts";
import { FunctionTable } from "./function-table.ts";

const sample = (name: string): Buffer => readFileSync(new URL(`../../testdata/${name}`, import.meta.url));

/** Asks a file everything that naming asks. */
function ask(bytes: Uint8Array): void {
  using file = ElfFile.of("damaged", bytes);
  const table = FunctionTable.of(file);
  for (let offset = 0; offset < bytes.length; offset += 64) table.find(offset);
  file.buildId();
  file.entryOffset();
}

test("files that whoever is watched has damaged are refused, or only lack names", () => {
  for (const name of ["steps-first", "libsample.so", "steps-first-stripped"]) {
    const whole = sample(name);
    ask(whole);
    // Every byte of the tables that say where things are; of the rest some.
    const sections = whole.readUInt32LE(40);
    for (let at = 0; at < whole.length; at += at < 0x200 || at >= sections ? 1 : 37) {
      for (const value of [0x00, 0x7f, 0xff]) {
        const damaged = Buffer.from(whole);
        damaged[at] = value;
        try {
          ask(damaged);
        } catch (error) {
          assert.ok(error instanceof ElfError, `byte ${at} of ${name} as ${value}: ${String(error)}`);
        }
      }
    }
  }
});
