// What debugging information (DWARF) adds to probes of programs: compiled here, and what they do is known.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { childEnvironment, root } from "../../tools/lib/environment.js";

const folder = mkdtempSync(path.join(tmpdir(), "sonde-debug-info-"));
after(() => rmSync(folder, { recursive: true }));

/** @param {readonly string[]} words */
function sonde(...words) {
  return spawnSync(path.join(root, "bin/sonde"), words, { encoding: "utf8", env: childEnvironment(), timeout: 60_000 });
}

/** What a script printed until the end of `command`. @param {string} script @param {string} command @param {readonly string[]} more */
function runScript(script, command, ...more) {
  const { status, stdout, stderr } = sonde("trace", "-q", "-c", command, ...more, "-e", script);
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** @param {string} name @param {string} source @param {readonly string[]} options */
function build(name, source, ...options) {
  const file = path.join(folder, name);
  writeFileSync(file, source);
  const program = `${file}.out`;
  execFileSync(name.endsWith(".cc") ? "g++" : "gcc", ["-g", ...options, "-o", program, file]);
  return program;
}

const NESTED = `
#include <unistd.h>
volatile int sink;
static inline __attribute__((always_inline)) void inner(int i) {
  sink++;
  getppid();
  sink = i;
}
static inline __attribute__((always_inline)) void middle(int i) {
  inner(i + 1);
}
__attribute__((noinline)) void outer(int i) {
  middle(i);
  sink = i + 1;
}
int main(void) {
  outer(3);
  sleep(1);
  return 0;
}
`;

test("user stacks show lines and inlined functions, as addr2line has them", () => {
  const program = build("nested.c", NESTED, "-O2", "-fno-omit-frame-pointer", "-no-pie");
  // The stack is taken within the system call's wrapper, whose caller is not on it: it makes no frame of its own.
  const script = `uprobe:${program}:outer { printf("%s", ustack(2)); } uprobe:${program}@nested.c:7 { printf("%s", ustack(2)); }`;
  const output = runScript(`config = { stack_mode=raw } ${script}`, program);
  const addresses = output.split(/\s+/).filter((word) => word.startsWith("0x"));
  assert.equal(addresses.length, 4);
  const want = addresses.flatMap((address, index) => {
    const at = `0x${(BigInt(address) - BigInt(index % 2)).toString(16)}`;
    const lines = execFileSync("llvm-addr2line-16", ["-i", "-f", "-e", program, at], { encoding: "utf8" })
      .trim()
      .split("\n");
    return Array.from({ length: lines.length / 2 }, (_, i) =>
      [lines[i * 2], lines[i * 2 + 1]?.replace(/ .*/, "")].join("@"),
    );
  });
  const have = runScript(script, program)
    .split("\n")
    .map((line) =>
      line
        .trim()
        .replace(" [inlined]", "")
        .replace(/\+\d+@/, "@"),
    );
  assert.deepEqual(
    have.filter((line) => line !== ""),
    want,
  );
  assert.ok(have.some((line) => line.startsWith("inner@")));
  const json = runScript(script, program, "-f", "json");
  assert.match(json, /nested\.c:13/);
  assert.doesNotMatch(runScript(`config = { show_debug_info = false } ${script}`, program), /nested\.c/);
});
