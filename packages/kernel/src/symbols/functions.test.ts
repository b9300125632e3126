import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ElfError } from "./elf.ts";
import { FunctionTable } from "./function-table.ts";
import { functionsOf, symbolOffset } from "./functions.ts";

const sample = (name: string): string => fileURLToPath(new URL(`../../testdata/${name}`, import.meta.url));

// What `nm` says of the sample, whose code is loaded 0x10000 above its place in the file.
const HIDDEN = 0x243;
const ADD = 0x248;

test("functions are listed from both symbol tables, data is not", () => {
  assert.deepEqual(functionsOf(sample("libsample.so"), "*"), ["hidden", "sample_add", "sample_sub"]);
  assert.deepEqual(functionsOf(sample("libsample.so"), "sample_*"), ["sample_add", "sample_sub"]);
  assert.deepEqual(functionsOf(sample("libsample-stripped.so"), "*"), ["sample_add", "sample_sub"]);
});

test("a symbol's place is its offset in the file, not its address", () => {
  assert.equal(symbolOffset(sample("libsample.so"), "sample_add"), ADD);
  assert.equal(symbolOffset(sample("libsample.so"), "hidden"), HIDDEN);
  assert.equal(symbolOffset(sample("libsample-stripped.so"), "sample_add"), ADD);
  assert.equal(symbolOffset(sample("libsample-stripped.so"), "hidden"), undefined);
  assert.equal(symbolOffset(sample("libsample.so"), "sample_data"), undefined);
  assert.equal(symbolOffset(sample("libsample.so"), "add"), undefined);
});

test("a place in the file is named by the function around it", () => {
  const table = FunctionTable.read(sample("libsample.so"));
  assert.deepEqual(table.find(HIDDEN), { name: "hidden", offset: 0 });
  assert.deepEqual(table.find(HIDDEN + 4), { name: "hidden", offset: 4 });
  assert.deepEqual(table.find(ADD + 11), { name: "sample_add", offset: 11 });
  assert.equal(table.find(0x10), undefined);
  assert.equal(table.find(0x260), undefined);
});

test("damaged files are refused with a reason", () => {
  const folder = mkdtempSync(`${tmpdir()}/sonde-elf-`);
  try {
    const whole = readFileSync(sample("libsample.so"));
    const rows = [
      { bytes: Buffer.from("#!/bin/sh\n".padEnd(64)), want: /not an ELF file/ },
      { bytes: whole.subarray(0, 32), want: /damaged: 64 bytes at 0/ },
      { bytes: whole.subarray(0, 2048), want: /damaged: .* are not in it \(2048 bytes\)/ },
    ];
    for (const { bytes, want } of rows) {
      writeFileSync(`${folder}/file`, bytes);
      assert.throws(
        () => functionsOf(`${folder}/file`, "*"),
        (error) => error instanceof ElfError && want.test(error.message),
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
