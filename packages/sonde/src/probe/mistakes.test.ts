/** What `tsc` alone finds in a monitor by the declarations of the kernel that come with Sonde: each planted mistake, and nothing else. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const HEAD = `import {
  array, btfTracepoint, comm, counter, currentTask, decode, exp2, fentry, fexit, gauge, global, hash, histogram, interval, iterator, kprobe, kretprobe,
  ktime, monitor, param, pid, profile, range, readUserString, stream, structOps, tracepoint, u64, usdt, xdp, XdpAction, cgroup, netfilter, tc, type s32, type text, type u32, type u64 as wide, type userPointer,
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
const now = gauge("now", { labels: { cpu: decode.uint } });
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
  `usdt("/bin/x", "p", "n", (file: userPointer, line: s32) => { log.emit({ what: readUserString(file, 16), n: line }); });`,
  `iterator("task", ({ task }) => { names.set(task.comm, task.real_parent.tgid); });`,
  `structOps("tcp_congestion_ops", { name: "x", ssthresh: (sk) => sk.snd_cwnd / 2, undo_cwnd: (sk) => sk.snd_cwnd, cong_avoid: (sk, ack, acked) => { sk.snd_cwnd += acked; } });`,
  `tracepoint("skb:kfree_skb", (e) => { level.set("reason" in e ? e.reason : 0); });`,
  `tracepoint("sched:sched_switch", () => {});`,
  `tracepoint("sched:sched_switch", ({ prev_comm }) => void prev_comm);`,
  `tracepoint("sched:sched_switch", (e) => void e.next_pid);`,
  `tracepoint("syscalls:sys_enter_openat", (e) => void e.filename);`,
  `tracepoint("syscalls:sys_exit_openat", (e) => void e.ret);`,
  `tracepoint("sched:sched_switch", (e) => now.set(e.prev_pid, { cpu: 0 }));`,
  `btfTracepoint("sched_switch", ({ next }) => void next);`,
  `btfTracepoint("sched_switch", ({ next }) => void next.real_parent.pid);`,
  `btfTracepoint("sched_switch", () => {});`,
  `fentry("vfs_read", () => {});`,
  `fexit("vfs_read", ({ retval }) => void retval);`,
  `kprobe("vfs_read", ({ file }) => void file.f_inode.i_ino);`,
  `kretprobe("vfs_read", ({ retval }) => void retval);`,
  `fexit("vfs_read", ({ file }) => void file);`,
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
  `usdt("/bin/x", "p", "n", (text: string) => {});`,
  `usdt("/bin/x", "p", () => {});`,
  `iterator("task", ({ tsk }) => {});`,
  `structOps("tcp_congestion_ops", { name: "x", ssthresh: (sk) => sk.snd_cwn, undo_cwnd: (sk) => 1 });`,
  `structOps("tcp_congestion_ops", { name: "x", undo_cwnd: (sk) => 1 });`,
  `structOps("tcp_congestion_ops", { name: "x", ssthresh: () => "many", undo_cwnd: (sk) => 1 });`,
  `param("q", 1, { shrt: "x" });`,
  `histogram("h2", { buckets: "fixed" });`,
  `tracepoint("sched:sched_swich", () => {});`,
  `tracepoint("sched:sched_switch", ({ prev_com }) => void prev_com);`,
  `tracepoint("sched:sched_switch", (e) => void e.next.pid);`,
  `tracepoint("syscalls:sys_enter_openat", (e) => void e.fielname);`,
  `tracepoint("syscalls:sys_exit_openat", (e) => void e.retval);`,
  `tracepoint("sched:sched_switch", (e) => now.set(e.prev_comm, { cpu: 0 }));`,
  `btfTracepoint("sched_switch", ({ nxt }) => void nxt);`,
  `btfTracepoint("sched_switch", ({ next }) => void next.real_parent.pidd);`,
  `btfTracepoint("sched_swtch", () => {});`,
  `fentry("vfs_raed", () => {});`,
  `fentry("vfs_read", ({ retval }) => void retval);`,
  `kprobe("vfs_read", ({ file }) => void file.f_inode.i_inoo);`,
  `kretprobe("vfs_read", ({ count }) => void count);`,
  `fexit("vfs_read", ({ fil }) => void fil);`,
];

test("tsc finds each planted mistake, and none where there is none", { timeout: 120_000 }, () => {
  assert.ok(BAD.length >= 30);
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-mistakes-"));
  try {
    mkdirSync(path.join(folder, "node_modules"));
    symlinkSync(fileURLToPath(new URL("../../", import.meta.url)), path.join(folder, "node_modules/sonde"));
    writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');
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
          types: ["sonde/kernel-types"],
          // An author's project checks its own files.
          skipLibCheck: false,
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
