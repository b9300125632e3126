import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { unpackXz, XzError } from "./index.ts";

const MOST = 1 << 24;

/** By the real xz. */
const pack = (bytes: Uint8Array, ...options: string[]): Buffer =>
  execFileSync("xz", ["--stdout", ...options], { input: bytes, maxBuffer: MOST });

/** The same every time. */
function noise(length: number): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i * 64 < length; i++) parts.push(createHash("sha512").update(String(i)).digest());
  return Buffer.concat(parts).subarray(0, length);
}

const code = readFileSync(process.execPath).subarray(1 << 20, (1 << 20) + 300_000);
const samples: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ["nothing", Buffer.alloc(0)],
  ["one byte", Buffer.from("x")],
  ["a long run", Buffer.alloc(300_000, 7)],
  ["repeats of some distance", Buffer.concat([noise(5000), Buffer.alloc(100_000), noise(5000), noise(70_000)])],
  ["what can't be packed", noise(100_000)],
  ["text", readFileSync(new URL("../../../testdata/kallsyms", import.meta.url))],
  ["code", code],
  ["code, then noise, then code", Buffer.concat([code.subarray(0, 70_000), noise(140_000), code.subarray(0, 70_000)])],
];

const OPTIONS: readonly (readonly string[])[] = [
  ["-0"],
  ["-9e", "--check=crc32"],
  ["--check=sha256"],
  ["--check=none"],
  ["--block-size=50000"],
  ["--lzma2=preset=6,lc=0,lp=2,pb=0"],
  ["--lzma2=preset=6,lc=4,lp=0,pb=4,dict=4096"],
  ["-T2", "--block-size=100000"],
];

test("what xz packs is unpacked, whatever it is and however it was packed", () => {
  for (const [name, bytes] of samples) {
    for (const options of OPTIONS) {
      const got = unpackXz(pack(bytes, ...options), MOST);
      assert.ok(Buffer.from(bytes).equals(got), `${name} ${options.join(" ")}`);
    }
  }
});

test("damaged and hostile files are refused", () => {
  const packed = pack(Buffer.concat([code.subarray(0, 1500), noise(200)]), "--check=crc64");
  for (let i = 0; i < packed.length - 12; i++) {
    const damaged = Buffer.from(packed);
    damaged[i] = (damaged[i] as number) ^ (1 << (i % 8));
    try {
      unpackXz(damaged, MOST);
    } catch (error) {
      assert.ok(error instanceof XzError, String(error));
    }
    try {
      unpackXz(packed.subarray(0, i), MOST);
      assert.fail(`a file cut at ${i} is not whole`);
    } catch (error) {
      assert.ok(error instanceof XzError || i > packed.length - 40, String(error));
    }
  }
  assert.throws(() => unpackXz(pack(Buffer.alloc(1_000_000)), 999_999), /more than 999999 bytes/);
  assert.throws(() => unpackXz(Buffer.from("no xz at all"), MOST), /not in xz format/);
  assert.throws(() => unpackXz(pack(code.subarray(0, 9999), "--x86", "--lzma2"), MOST), /filters/);
});
