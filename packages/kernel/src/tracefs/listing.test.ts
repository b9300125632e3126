import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import type { Btf } from "@sonde/bpf/btf";
import { matchTracepoints, readTracepoint, tracepointId } from "./events.ts";
import { matchFunctions } from "./functions.ts";

const root = mkdtempSync(`${tmpdir()}/sonde-tracefs-`);
after(() => rmSync(root, { recursive: true }));

for (const [category, name, id] of [
  ["sched", "sched_switch", 3],
  ["sched", "sched_wakeup", 4],
  ["irq", "irq_entry", 5],
] as const) {
  mkdirSync(`${root}/events/${category}/${name}`, { recursive: true });
  writeFileSync(`${root}/events/${category}/${name}/id`, `${id}\n`);
  writeFileSync(`${root}/events/${category}/${name}/format`, `name: ${name}\nID: ${id}\nformat:\n`);
}
writeFileSync(`${root}/events/sched/enable`, "0\n");
writeFileSync(`${root}/available_events`, "sched:sched_wakeup\nsched:sched_switch\nirq:irq_entry\n");
writeFileSync(
  `${root}/available_filter_functions`,
  "vfs_write\nvfs_read\nvfs_untyped\next4_read [ext4]\nvfs_read [other]\n",
);

test("tracepoints are listed by pattern, sorted", () => {
  assert.deepEqual(matchTracepoints(root, "sched:*"), ["sched:sched_switch", "sched:sched_wakeup"]);
  assert.deepEqual(matchTracepoints(root, "*:*_[sw]*"), ["sched:sched_switch", "sched:sched_wakeup"]);
  assert.deepEqual(matchTracepoints(root, "*"), ["irq:irq_entry", "sched:sched_switch", "sched:sched_wakeup"]);
  assert.deepEqual(matchTracepoints(root, "irq:irq_entry"), ["irq:irq_entry"]);
  assert.deepEqual(matchTracepoints(root, "irq:enable"), []);
  assert.deepEqual(matchTracepoints(root, "nothing:*"), []);
});

test("what is no name never becomes a path", () => {
  assert.deepEqual(matchTracepoints(root, "../events/sched:*"), []);
  assert.equal(readTracepoint(root, "sched", "../sched/sched_switch"), undefined);
  assert.equal(tracepointId(root, "..", "events"), undefined);
  assert.equal(tracepointId(root, "sched", "sched_switch"), 3);
  assert.equal(readTracepoint(root, "sched", "sched_switch")?.id, 3);
  assert.equal(readTracepoint(root, "sched", "absent"), undefined);
});

const typed = { find: () => [], names: () => ["vfs_read", "vfs_write", "vfs_read"] } as unknown as Btf;

test("functions come from the kernel's list of what can be traced", () => {
  assert.deepEqual(matchFunctions({ tracefs: root, btf: undefined }, "vfs_*"), [
    "vfs_read",
    "vfs_untyped",
    "vfs_write",
  ]);
  assert.deepEqual(matchFunctions({ tracefs: root, btf: undefined }, "ext4_read"), ["ext4_read"]);
  assert.deepEqual(matchFunctions({ tracefs: root, btf: undefined }, "ext*:*"), ["ext4:ext4_read"]);
  assert.deepEqual(matchFunctions({ tracefs: root, btf: undefined }, "vmlinux:vfs_r*"), ["vmlinux:vfs_read"]);
  assert.deepEqual(matchFunctions({ tracefs: root, btf: undefined }, "vfs_rea"), []);
  assert.deepEqual(matchFunctions({ tracefs: root, btf: typed, typed: true }, "vfs_*"), ["vfs_read", "vfs_write"]);
});

test("where that list can't be read, BTF's functions stand in, each once", () => {
  assert.deepEqual(matchFunctions({ tracefs: "/nowhere", btf: typed }, "vfs_r*"), ["vfs_read"]);
});
