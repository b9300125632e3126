// The compiler's numbers of system calls are those of the kernel's own header.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { syscallNumbers } from "../../packages/compiler/dist/bpftrace/check/attach/syscall-numbers.js";

/** Tracepoints have the names of functions. */
const functions = /** @type {Record<string, string>} */ ({
  stat: "newstat",
  fstat: "newfstat",
  lstat: "newlstat",
  uname: "newuname",
  sendfile: "sendfile64",
  umount2: "umount",
  _sysctl: "sysctl",
});

test("x86-64's numbers are those of asm/unistd_64.h", () => {
  const header = readFileSync("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "utf8");
  const numbers = syscallNumbers("x86_64");
  const defined = [...header.matchAll(/^#define __NR_(\w+)\s+(\d+)$/gm)];
  assert.ok(defined.length > 350);
  for (const [, name = "", number] of defined)
    assert.equal(numbers?.get(functions[name] ?? name), Number(number), name);
});
