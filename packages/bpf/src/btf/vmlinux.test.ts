/** All of the running kernel's types, which need no root to be read, against bpftool. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { BtfType } from "./btf.ts";
import { encodeTypes } from "./encode-types.ts";
import { BtfReader } from "./reader.ts";
import { allTypes } from "./testing.ts";
import { dumpBlobText, dumpText, ours, parseDump, theirs } from "./testing/bpftool.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";
const vmlinux = new BtfReader(readFileSync(VMLINUX));
const text = dumpText(VMLINUX);

test("every type of the kernel reads as bpftool reads it", () => {
  assertSame(allTypes(vmlinux).map(ours), parseDump(text).map(theirs));
});

test("written again, in either byte order, bpftool reads the same", () => {
  const types = allTypes(vmlinux);
  for (const byteOrder of ["little", "big"] as const) {
    const blob = encodeTypes(types, { byteOrder });
    const reader = new BtfReader(blob);
    assert.equal(reader.byteOrder, byteOrder);
    assertSame(allTypes(reader).map(fingerprint), types.map(fingerprint));
    assert.ok(dumpBlobText(blob) === text, `bpftool reads ${byteOrder}-endian BTF otherwise`);
  }
});

/** As deepEqual, which would take seconds to say how two lists of a hundred thousand differ. */
function assertSame(have: readonly string[], want: readonly string[]): void {
  assert.equal(have.length, want.length);
  const differs = want.findIndex((line, index) => line !== have[index]);
  if (differs !== -1) assert.equal(have[differs], want[differs]);
}

function fingerprint(type: BtfType): string {
  return JSON.stringify(type, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
