import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { kernelTest } from "@sonde/kernel/testing";
import { runScript } from "./run-script.ts";

const folder = mkdtempSync(join(tmpdir(), "sonde-probes-"));
after(() => rmSync(folder, { recursive: true }));

/** A program of one's own, compiled once. */
function build(name: string, source: string, ...flags: string[]): string {
  const file = join(folder, name.replace(/\.\w+$/, ""));
  if (existsSync(file)) return file;
  writeFileSync(join(folder, name), source);
  execFileSync(name.endsWith(".cc") ? "g++" : "gcc", ["-O1", "-g", ...flags, "-o", file, join(folder, name)]);
  return file;
}

/** As <sys/sdt.h> writes its notes: by hand, so that the test depends on no header. Arguments in a register, in memory, and a constant. */
const USDT = `
#include <stdint.h>
#include <stdio.h>
#define PROBE(provider, name, args, ...) asm volatile ("990: nop\\n" \\
  ".pushsection .note.stapsdt,\\"\\",\\"note\\"\\n.balign 4\\n.4byte 992f-991f, 994f-993f, 3\\n991: .asciz \\"stapsdt\\"\\n992: .balign 4\\n" \\
  "993: .8byte 990b\\n.8byte _.stapsdt.base\\n.8byte 0\\n.asciz \\"" #provider "\\"\\n.asciz \\"" #name "\\"\\n.asciz \\"" args "\\"\\n994: .balign 4\\n.popsection\\n" \\
  ".ifndef _.stapsdt.base\\n.pushsection .stapsdt.base,\\"aG\\",\\"progbits\\",.stapsdt.base,comdat\\n.weak _.stapsdt.base\\n.hidden _.stapsdt.base\\n_.stapsdt.base: .space 1\\n.size _.stapsdt.base, 1\\n.popsection\\n.endif\\n" :: __VA_ARGS__)
volatile int counter = 41;
__attribute__((noinline)) void step(long i, const char *text) {
  int small = -(int)i - (*(volatile const char *)text == 0);
  PROBE(shop, sold, "8@%0 -4@%1 8@%2 -4@$7", "r"(i), "r"(small), "r"(text));
  PROBE(shop, idle, "", "r"(i));
  counter++;
}
int main(void) { for (long i = 1; i <= 5; i++) step(i, "apple"); return 0; }
`;

kernelTest("usdt: by name, by namespace and by wildcards; arguments as the notes say", async () => {
  const program = build("shop.c", USDT);
  const { output } = await runScript(
    `usdt:${program}:sold { @sum = sum(arg0); @small = sum(arg1); @text[str(arg2)] = count(); @seven = sum(arg3); }
     usdt:${program}:shop:sold { @exact = count(); } usdt:${program}:shop:* { @any[probe] = count(); } U:${program}:*:idle { @idle = count(); }`,
    program,
  );
  const values = Object.fromEntries(
    output
      .trim()
      .split("\n")
      .map((line) => line.split(": ")),
  );
  assert.deepEqual(values, {
    "@sum": "15",
    "@small": "-15",
    "@text[apple]": "5",
    "@seven": "35",
    "@exact": "5",
    [`@any[usdt:${program}:shop:sold]`]: "5",
    [`@any[usdt:${program}:shop:idle]`]: "5",
    "@idle": "5",
  });
});

kernelTest("uaddr: a variable of a program, wherever it was mapped", async () => {
  const program = build("shop.c", USDT);
  const { output } = await runScript(
    `uprobe:${program}:step { @seen = max(*uaddr("counter")); @first = min(*uaddr("counter")); }`,
    program,
  );
  assert.equal(output.trim(), "@first: 41\n@seen: 45");
});

const CPP = `
namespace shop { struct Till { __attribute__((noinline)) long add(long n); }; long Till::add(long n) { asm volatile(""); return n + 1; } }
__attribute__((noinline)) long plain(long n) { asm volatile(""); return n; }
__attribute__((noinline)) long plain(int n, int m) { asm volatile(""); return n + m; }
int main() { shop::Till till; long s = 0; for (long i = 0; i < 7; i++) s += till.add(i) + plain(i) + plain(1, 2); return s == 0; }
`;

kernelTest("C++ functions by their names in the source, offsets, wildcards, and addresses", async () => {
  const program = build("till.cc", CPP);
  const nm = execFileSync("nm", [program], { encoding: "utf8" });
  const address = parseInt(/^(\w+) T _Z5plainl$/m.exec(nm)?.[1] ?? "", 16);
  const { output } = await runScript(
    `uprobe:${program}:cpp:"shop::Till::add" { @add = count(); @n = sum(arg1); } uretprobe:${program}:cpp:"shop::Till::add" { @ret = sum(retval); }
     uprobe:${program}:cpp:"plain" { @plain = count(); } uprobe:${program}:_Z5plainl+0 { @offset = count(); }
     uprobe:${program}:*plain* { @wild = count(); } uprobe:${program}:0x${fileOffset(program, address).toString(16)} { @address = count(); }`,
    program,
  );
  assert.equal(output.trim(), "@add: 7\n@address: 7\n@n: 21\n@offset: 7\n@plain: 14\n@ret: 28\n@wild: 14");
});

/** Where in the file the byte is that is mapped at an address, by readelf. */
function fileOffset(program: string, address: number): number {
  const text = execFileSync("readelf", ["-lW", program], { encoding: "utf8" });
  for (const [, offset = "", start = "", size = ""] of text.matchAll(/^\s+LOAD\s+(0x\w+) (0x\w+) 0x\w+ (0x\w+)/gm)) {
    const distance = address - Number(start);
    if (distance >= 0 && distance < Number(size)) return Number(offset) + distance;
  }
  throw new Error("no such address");
}

kernelTest("iter: every process, its files and its memory", async () => {
  const { output } = await runScript(
    `iter:task { printf("%d %d %s\\n", ctx->task->tgid, ctx->task->pid, ctx->task->comm); }`,
  );
  const seen = new Set(
    output
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]),
  );
  for (const pid of [process.pid, process.ppid]) assert.ok(seen.has(String(pid)), `${pid} is missing`);

  const files = await runScript(
    `iter:task_file { if (ctx->task->tgid == ${process.pid}) { printf("%d %s\\n", ctx->fd, path(ctx->file->f_path)); } }`,
  );
  const open = new Map(
    files.output
      .trim()
      .split("\n")
      .map((line) => line.split(" ", 2) as [string, string]),
  );
  for (const fd of ["0", "1", "2"]) assert.ok(open.has(fd), files.output);

  const memory = await runScript(
    `iter:task_vma { if (ctx->task->pid == ${process.pid}) { printf("%lx-%lx\\n", ctx->vma->vm_start, ctx->vma->vm_end); } }`,
  );
  const maps = readFileSync("/proc/self/maps", "utf8");
  const ranges = memory.output.trim().split("\n");
  const known = ranges.filter((range) => maps.includes(range.split("-")[0]!));
  assert.ok(known.length > ranges.length / 2 && ranges.length > 10, `${known.length} of ${ranges.length}`);
});

kernelTest("software events, intervals and profiles in every unit", async () => {
  const { output } = await runScript(
    `software:page-faults:1 /pid == cpid/ { @faults = count(); } software:cs:1 { @switches = count(); } s:dummy:1 { @dummy = count(); } software:cpu-clock:1e6 { @clock = count(); }
     interval:us:10000 { @us = count(); } interval:10ms { @ms = count(); } i:hz:100 { @hz = count(); } interval:10000000 { @ns = count(); } profile:ms:10 { @p = count(); } p:hz:99 { @q = count(); }
     interval:s:1 { exit(); }`,
    "sleep 5",
  );
  const value = (name: string): number => Number(new RegExp(`^@${name}: (\\d+)$`, "m").exec(output)?.[1] ?? 0);
  for (const name of ["faults", "switches", "clock", "us", "ms", "hz", "ns", "p", "q"])
    assert.ok(value(name) > 0, `${name}: ${output}`);
  for (const name of ["us", "ms", "hz", "ns"]) assert.ok(value(name) <= 110, output);
  assert.equal(value("dummy"), 0);
});

kernelTest("hardware events count, or are refused with what the machine lacks", async () => {
  try {
    const { output } = await runScript(`hardware:instructions:1e6 { @ = count(); } interval:s:1 { exit(); }`);
    assert.match(output, /@: \d+/);
  } catch (error) {
    assert.match(String(error), /offers no such counter|does not support hardware counters/);
  }
});

kernelTest("a watchpoint sees every write, or is refused with what the machine lacks", async () => {
  const program = build(
    "watched.c",
    `#include <sys/mman.h>
     int main(void) { volatile long *p = mmap((void *)0x10000000, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
       for (int i = 0; i < 50; i++) *p = i; return 0; }`,
  );
  try {
    const { output } = await runScript(`watchpoint:0x10000000:8:w { @ = count(); }`, program);
    assert.equal(output.trim(), "@: 50");
  } catch (error) {
    assert.match(String(error), /no debug registers/);
  }
});

kernelTest("self:signal:SIGUSR1 runs when the session's process gets the signal", async () => {
  const ended = runScript(`self:signal:SIGUSR1 { printf("got it\\n"); exit(); } BEGIN { printf("ready\\n"); }`);
  const sender = spawn("sh", ["-c", `sleep 1; kill -USR1 ${process.pid}`]);
  const { output } = await ended;
  sender.kill();
  assert.equal(output.trim(), "ready\ngot it");
});

kernelTest("raw tracepoints: arguments by number and by name, with and without a module", async () => {
  const { output } = await runScript(
    `rawtracepoint:sched_process_exec { if (args.p->tgid == cpid) { @named = count(); @same = sum(arg0 == (uint64)args.p); } }
     rt:vmlinux:sched_process_exec /pid == cpid/ { @module = count(); }`,
    "/bin/true",
  );
  assert.equal(output.trim(), "@module: 1\n@named: 1\n@same: 1");
});

kernelTest("many kernel functions by one wildcard", { needs: ["kprobe", "kretprobe"] }, async () => {
  const { output } = await runScript(
    `kprobe:vfs_*,kprobe:vfs_read /comm == "dd"/ { @all = count(); } kprobe:vfs_* /comm == "dd"/ { @[func] = count(); } kretprobe:vfs_rea* /comm == "dd"/ { @ret = count(); }`,
    "dd if=/dev/zero of=/dev/null bs=1 count=500 status=none",
  );
  const value = (name: string): number => Number(new RegExp(`^@${name}: (\\d+)$`, "m").exec(output)?.[1] ?? 0);
  assert.ok(value("\\[vfs_read\\]") >= 500, output);
  assert.ok(value("all") >= 1500 && value("ret") >= 500, output);
});

kernelTest("a kernel address, where that is allowed", { needs: ["kprobe"] }, async () => {
  const address = /^(\w+) T vfs_read$/m.exec(readFileSync("/proc/kallsyms", "latin1"))?.[1] ?? "";
  await assert.rejects(runScript(`kprobe:0x${address} { exit(); }`), /--unsafe/);
  const { output } = await runScript(
    `kprobe:0x${address} /comm == "dd"/ { @ = count(); }`,
    "dd if=/dev/zero of=/dev/null bs=1 count=500 status=none",
    { unsafe: true },
  );
  assert.ok(Number(/@: (\d+)/.exec(output)?.[1]) >= 500, output);
});

kernelTest("override lets a function fail", { needs: ["kprobe"] }, async () => {
  const { outcome } = await runScript(
    `kprobe:__x64_sys_geteuid /comm == "id"/ { override(4242); }`,
    `sh -c 'test "$(id -u)" = 4242'`,
    { unsafe: true },
  );
  assert.equal(outcome.child?.code, 0);
});
