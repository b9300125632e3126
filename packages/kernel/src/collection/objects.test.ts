/** The objects kept for kernels without a compiler are what Debian's clang makes of their sources. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { readObject } from "@sonde/bpf/elf";
import { OBJECTS } from "./testing/objects.ts";

test("every object is that of its source", () => {
  const folder = mkdtempSync(`${tmpdir()}/sonde-objects-`);
  try {
    cpSync(OBJECTS, folder, { recursive: true, filter: (path) => !path.endsWith(".o") });
    execFileSync("make", ["-s"], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    const sources = readdirSync(OBJECTS).filter((name) => name.endsWith(".c"));
    assert.ok(sources.length > 5);
    for (const source of sources) {
      const name = source.replace(/\.c$/, ".bpf.o");
      const read = (from: string): unknown => readObject(new Uint8Array(readFileSync(`${from}/${name}`)));
      assert.deepEqual(read(OBJECTS), read(folder), name);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
