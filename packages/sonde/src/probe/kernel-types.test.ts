// What `tsc` finds by the declarations of the kernel that come with Sonde: names of probes, their arguments, fields of structs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const TSC = path.join(path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

const folder = mkdtempSync(path.join(tmpdir(), "sonde-kernel-types-"));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(path.join(folder, "node_modules"));
symlinkSync(PACKAGE, path.join(folder, "node_modules/sonde"));
writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');

const HEAD = `import { btfTracepoint, decode, fentry, fexit, gauge, kprobe, kretprobe, monitor, tracepoint } from "sonde/probe";
monitor("checked", { help: "x" });
const now = gauge("now", { labels: { cpu: decode.uint } });
void [btfTracepoint, fentry, fexit, kprobe, kretprobe, now, tracepoint];
`;

/** A mistake, and the same made right. */
const PLANTED: readonly (readonly [wrong: string, right: string])[] = [
  ['tracepoint("sched:sched_swich", () => {});', 'tracepoint("sched:sched_switch", () => {});'],
  [
    'tracepoint("sched:sched_switch", ({ prev_com }) => void prev_com);',
    'tracepoint("sched:sched_switch", ({ prev_comm }) => void prev_comm);',
  ],
  [
    'tracepoint("sched:sched_switch", (e) => void e.next.pid);',
    'tracepoint("sched:sched_switch", (e) => void e.next_pid);',
  ],
  [
    'tracepoint("syscalls:sys_enter_openat", (e) => void e.fielname);',
    'tracepoint("syscalls:sys_enter_openat", (e) => void e.filename);',
  ],
  [
    'tracepoint("syscalls:sys_exit_openat", (e) => void e.retval);',
    'tracepoint("syscalls:sys_exit_openat", (e) => void e.ret);',
  ],
  [
    'tracepoint("sched:sched_switch", (e) => now.set(e.prev_comm, { cpu: 0 }));',
    'tracepoint("sched:sched_switch", (e) => now.set(e.prev_pid, { cpu: 0 }));',
  ],
  ['btfTracepoint("sched_switch", ({ nxt }) => void nxt);', 'btfTracepoint("sched_switch", ({ next }) => void next);'],
  [
    'btfTracepoint("sched_switch", ({ next }) => void next.real_parent.pidd);',
    'btfTracepoint("sched_switch", ({ next }) => void next.real_parent.pid);',
  ],
  ['btfTracepoint("sched_swtch", () => {});', 'btfTracepoint("sched_switch", () => {});'],
  ['fentry("vfs_raed", () => {});', 'fentry("vfs_read", () => {});'],
  ['fentry("vfs_read", ({ retval }) => void retval);', 'fexit("vfs_read", ({ retval }) => void retval);'],
  [
    'kprobe("vfs_read", ({ file }) => void file.f_inode.i_inoo);',
    'kprobe("vfs_read", ({ file }) => void file.f_inode.i_ino);',
  ],
  ['kretprobe("vfs_read", ({ count }) => void count);', 'kretprobe("vfs_read", ({ retval }) => void retval);'],
  ['fexit("vfs_read", ({ fil }) => void fil);', 'fexit("vfs_read", ({ file }) => void file);'],
];

/** Which of the lines `tsc --strict` has something to say about. */
function linesWithErrors(lines: readonly string[]): ReadonlySet<number> {
  writeFileSync(path.join(folder, "monitor.ts"), `${HEAD}${lines.join("\n")}\n`);
  const words = ["--strict", "--noEmit", "--target", "es2023", "--module", "nodenext", "--types", "sonde/kernel-types"];
  const { stdout } = spawnSync(process.execPath, [TSC, ...words, "--pretty", "false", "monitor.ts"], {
    cwd: folder,
    encoding: "utf8",
  });
  const first = HEAD.split("\n").length;
  const found = [...stdout.matchAll(/^(\S+?)\((\d+),/gm)];
  for (const [text, file] of found) assert.equal(file, "monitor.ts", text);
  return new Set(found.map(([, , line]) => Number(line) - first));
}

test("tsc finds what this kernel does not have, and nothing else", () => {
  const found = linesWithErrors(PLANTED.map(([wrong]) => wrong));
  const missed = PLANTED.filter((_, i) => !found.has(i)).map(([wrong]) => wrong);
  assert.deepEqual(missed, []);
  const wronged = linesWithErrors(PLANTED.map(([, right]) => right));
  assert.deepEqual(
    [...wronged].map((line) => PLANTED[line]?.[1] ?? `line ${line}`),
    [],
  );
});
