/** What `tsc` alone finds in a monitor, with declarations of the kernel beside it: each planted mistake, and nothing else. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const KERNEL = `
import type { kernelPointer, s32, s64, text, u32, u64, userPointer } from "sonde/probe";
export interface task_struct { readonly pid: s32; readonly tgid: s32; readonly comm: text<16>; readonly real_parent: task_struct }
export interface file { readonly f_inode: { readonly i_ino: u64 }; readonly f_flags: u32 }
declare module "sonde/probe" {
  interface Tracepoints {
    "sched:sched_switch": { readonly prev_comm: text<16>; readonly prev_pid: s32; readonly next_pid: s32 };
    "block:block_rq_issue": { readonly dev: u32; readonly sector: u64; readonly rwbs: text<8> };
    "syscalls:sys_enter_openat": { readonly dfd: s32; readonly filename: userPointer; readonly flags: s32 };
  }
  interface BtfTracepoints { sched_switch: { readonly preempt: boolean; readonly prev: task_struct; readonly next: task_struct } }
  interface KernelFunctions { vfs_read: { readonly file: file; readonly count: u64; readonly pos: kernelPointer; readonly retval: s64 } }
  interface KernelStructs { task_struct: task_struct }
}
`;

const HEAD = `import "./kernel.ts";
import {
  array, btfTracepoint, comm, counter, currentTask, decode, exp2, fentry, fexit, gauge, global, hash, histogram, interval, kprobe, kretprobe,
  ktime, monitor, param, pid, profile, range, readUserString, stream, tracepoint, u64, xdp, XdpAction, cgroup, netfilter, tc, type text, type u32, type u64 as wide,
} from "sonde/probe";
monitor("checked", { help: "x" });
const started = hash<{ dev: u32; sector: wide }, wide>();
const names = hash<text<16>, u32>();
const points = hash<u32, { count: wide; last: u32 }>();
const slots = array<wide>({ maxEntries: 4 });
const total = global<wide>(0);
const limit = param("limit", 5);
const verbose = param("verbose", false);
const calls = counter("calls", { labels: { op: decode.text, cpu: decode.cpu } });
const plain = counter("plain");
const level = gauge("level");
const sizes = histogram("sizes", { unit: "bytes", buckets: exp2(0, 10), labels: { dev: decode.blockDevice } });
const log = stream("log", { what: decode.text, pid: decode.pid, n: decode.int });
`;

/** Nothing is wrong with these. */
const GOOD = [
  `tracepoint("sched:sched_switch", ({ prev_pid, prev_comm }) => { if (prev_pid > 0 && prev_comm === "bash") plain.increment(); });`,
  `tracepoint("block:block_rq_issue", ({ dev, sector }) => { started.set({ dev, sector }, ktime()); sizes.observe(512, { dev }); });`,
  `tracepoint("block:block_rq_issue", ({ dev, sector, rwbs }) => { const t = started.take({ dev, sector }); if (t === undefined) return; calls.increment({ op: rwbs }); level.set(ktime() - t); });`,
  `btfTracepoint("sched_switch", ({ prev }) => { names.set(prev.comm, prev.real_parent.pid); });`,
  `fexit("vfs_read", ({ file, count, retval }) => { if (retval < 0 && file.f_inode.i_ino !== 0) total.value += count; });`,
  `kretprobe("vfs_read", ({ retval }) => { log.emit({ what: "read", n: retval }); });`,
  `tracepoint("syscalls:sys_enter_openat", ({ filename }) => { log.emit({ what: readUserString(filename, 16), n: limit, pid: pid() }); });`,
  `interval({ seconds: 1 }, () => { const p = points.get(1); if (p) p.count += 1; for (const i of range(4)) slots.increment(i); points.get(2)?.count; });`,
  `xdp("lo", (packet) => { const port = packet.u16(36); if (port === 53) return XdpAction.drop; return; });`,
  `profile({ hz: 99 }, () => { if (verbose && currentTask().tgid > 1) total.value = u64(0xffff_ffff_ffff_ffffn); });`,
  `const key = 5; interval({ milliseconds: 5 }, () => { points.set(key, { count: slots.get(0) ?? 0, last: 1 }); });`,
];

/** One mistake each. */
const BAD = [
  `tracepoint("sched:sched_swich", () => {});`,
  `tracepoint("sched:sched_switch", ({ prev_pidd }) => {});`,
  `tracepoint("sched:sched_switch", (e) => { total.value = e.previous; });`,
  `tracepoint("sched:sched_switch", (e) => { total.value = e.prev_comm; });`,
  `tracepoint("sched:sched_switch", (e) => { e.prev_pid = 1; });`,
  `btfTracepoint("sched_swich", () => {});`,
  `btfTracepoint("sched_switch", ({ prev }) => { total.value = prev.pidd; });`,
  `btfTracepoint("sched_switch", ({ prev }) => { total.value = prev.comm; });`,
  `fentry("vfs_raed", () => {});`,
  `fentry("vfs_read", ({ retval }) => {});`,
  `fentry("vfs_read", ({ file }) => { total.value = file.f_inode.i_inno; });`,
  `kretprobe("vfs_read", ({ file }) => {});`,
  `interval({ seconds: 1 }, () => { total.value = slots.get(0); });`,
  `interval({ seconds: 1 }, () => { total.value = points.get(1).count; });`,
  `interval({ seconds: 1 }, () => { const t = started.get({ dev: 1, sector: 1 }); total.value = t + 1; });`,
  `interval({ seconds: 1 }, () => { started.get({ dev: 1 }); });`,
  `interval({ seconds: 1 }, () => { started.get({ dev: 1, sectr: 2 }); });`,
  `interval({ seconds: 1 }, () => { started.get(5); });`,
  `interval({ seconds: 1 }, () => { names.get(5); });`,
  `interval({ seconds: 1 }, () => { points.set(1, { count: 1 }); });`,
  `interval({ seconds: 1 }, () => { points.increment(1); });`,
  `interval({ seconds: 1 }, () => { slots.take(1); });`,
  `tracepoint("block:block_rq_issue", ({ sector }) => { points.get(sector); });`,
  `tracepoint("block:block_rq_issue", ({ sector }) => { points.set(1, { count: 1, last: sector }); });`,
  `interval({ seconds: 1 }, () => { calls.increment(); });`,
  `interval({ seconds: 1 }, () => { calls.increment({ op: 5 }); });`,
  `interval({ seconds: 1 }, () => { calls.increment({ op: "x", po: "y" }); });`,
  `interval({ seconds: 1 }, () => { calls.observe(1); });`,
  `interval({ seconds: 1 }, () => { level.set("high"); });`,
  `interval({ seconds: 1 }, () => { sizes.observe(1); });`,
  `interval({ seconds: 1 }, () => { log.emit({ what: "x" }); });`,
  `interval({ seconds: 1 }, () => { log.emit({ what: "x", n: true }); });`,
  `interval({ seconds: 1 }, () => { limit = 3; });`,
  `interval({ seconds: 1 }, () => { if (limit === "5") return; });`,
  `interval({ secnds: 1 }, () => {});`,
  `histogram("h", { labels: {} });`,
  `counter("c", { unit: "parsecs" });`,
  `counter("d", { labels: { a: 5 } });`,
  `xdp("lo", (packet) => { total.value = packet.u16(0); });`,
  `xdp("lo", () => "drop");`,
  `tc("lo", "up", () => {});`,
  `cgroup("/", "conect4", () => {});`,
  `cgroup("/", "connect4", ({ portt }) => {});`,
  `netfilter({ family: "ipv4", hook: "inputs", priority: 0 }, () => {});`,
  `kprobe("vfs_raed", () => {});`,
  `fentry(param("f", "vfs_read"), () => {});`,
];

test("tsc finds each planted mistake, and none where there is none", { timeout: 120_000 }, () => {
  assert.ok(BAD.length >= 30);
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-mistakes-"));
  const declared = fileURLToPath(new URL("index.d.ts", import.meta.url));
  try {
    writeFileSync(path.join(folder, "kernel.ts"), KERNEL);
    writeFileSync(path.join(folder, "good.ts"), `${HEAD}${GOOD.join("\n")}\n`);
    // A line without a mistake under its mark is an error itself.
    writeFileSync(
      path.join(folder, "bad.ts"),
      `${HEAD}${BAD.map((line) => `// @ts-expect-error\n${line}`).join("\n")}\n`,
    );
    writeFileSync(
      path.join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          module: "nodenext",
          target: "es2023",
          types: [],
          allowImportingTsExtensions: true,
          paths: { "sonde/probe": [declared] },
        },
        include: ["*.ts"],
      }),
    );
    const tsc = fileURLToPath(new URL("../../../../node_modules/typescript/bin/tsc", import.meta.url));
    const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
    assert.equal(stdout, "");
    assert.equal(status, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
