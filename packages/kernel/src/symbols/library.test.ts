import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { test } from "node:test";
import { findLibrary, resolveBinary } from "./library.ts";

const X86_64 = 3;

/** An ld.so.cache as glibc 2.32 and later writes it, here behind bytes of the old format. */
function loaderCache(entries: readonly { abi: number; soname: string; path: string }[]): Buffer {
  let strings = "";
  const put = (text: string): number => {
    const at = 48 + entries.length * 24 + strings.length;
    strings += `${text}\0`;
    return at;
  };
  const head = Buffer.alloc(48 + entries.length * 24);
  head.write("glibc-ld.so.cache1.1", "latin1");
  head.writeUInt32LE(entries.length, 20);
  for (const [i, { abi, soname, path }] of entries.entries()) {
    head.writeUInt32LE((abi << 8) | 3, 48 + i * 24);
    head.writeUInt32LE(put(soname), 52 + i * 24);
    head.writeUInt32LE(put(path), 56 + i * 24);
  }
  return Buffer.concat([Buffer.from("ld.so-1.7.0\0\0\0\0\0"), head, Buffer.from(strings)]);
}

test("libraries are found by name in the loader's cache, of the machine's own kind", () => {
  const cache = loaderCache([
    { abi: 0x08, soname: "libc.so.6", path: "/lib32/libc.so.6" },
    { abi: X86_64, soname: "libcrypt.so.1", path: "/lib/libcrypt.so.1" },
    { abi: X86_64, soname: "libc.so.6", path: "/lib/libc.so.6" },
  ]);
  assert.equal(findLibrary(cache, "libc", X86_64), "/lib/libc.so.6");
  assert.equal(findLibrary(cache, "libc.so.6", X86_64), "/lib/libc.so.6");
  assert.equal(findLibrary(cache, "libcrypt", X86_64), "/lib/libcrypt.so.1");
  assert.equal(findLibrary(cache, "c", X86_64), undefined);
  assert.equal(findLibrary(cache.subarray(0, 90), "libc", X86_64), undefined);
  assert.equal(findLibrary(Buffer.from("nothing"), "libc", X86_64), undefined);
});

test("programs are found by PATH, paths as they stand", () => {
  assert.equal(resolveBinary("sh", "/nowhere:/bin"), realpathSync("/bin/sh"));
  assert.equal(resolveBinary("/bin/sh", ""), realpathSync("/bin/sh"));
  assert.equal(resolveBinary("/bin/absent"), undefined);
  assert.equal(resolveBinary("absent-program"), undefined);
  assert.equal(resolveBinary("/bin"), undefined, "a folder is no program");
});
