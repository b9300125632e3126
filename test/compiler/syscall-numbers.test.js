// Names and numbers of system calls are those of the kernel's own headers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { systemCalls } from "@sonde/bpf/spec";
import { syscallNumbers } from "../../packages/compiler/dist/bpftrace/check/attach/syscall-numbers.js";

/** @param {string} file @returns {Map<string, number>} */
function numbersOf(file) {
  const header = readFileSync(`/usr/include/${file}`, "utf8");
  const numbers = new Map();
  for (const [, name, number] of header.matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)$/gm))
    numbers.set(name === "fstatat" ? "newfstatat" : name, Number(number));
  return numbers;
}

/** Where machines begin calls of their own, how many there are, and a call of other machines. */
const NO_CALLS = ["arch_specific_syscall", "syscalls", "sync_file_range2"];

for (const [arch, file, least] of /** @type {const} */ ([
  ["x86_64", "x86_64-linux-gnu/asm/unistd_64.h", 350],
  ["aarch64", "asm-generic/unistd.h", 300],
]))
  test(`${arch}'s system calls are those of ${file}`, () => {
    const names = systemCalls(arch);
    const header = numbersOf(file);
    assert.ok(header.size > least, `${header.size} calls in ${file}`);
    for (const [name, number] of header)
      if (!NO_CALLS.includes(name)) assert.equal(names.get(number), name, `${number}`);
  });

test("tracepoints have the names of the kernel's functions", () => {
  const x86 = syscallNumbers("x86_64");
  assert.equal(x86.get("newstat"), 4);
  assert.equal(x86.get("sendfile64"), 40);
  assert.equal(x86.get("umount"), 166);
  const arm = syscallNumbers("aarch64");
  assert.equal(arm.get("newfstat"), 80);
  assert.equal(arm.get("openat"), 56);
  assert.equal(arm.get("fadvise64_64"), 223);
});
