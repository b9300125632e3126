import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { openKernel } from "../sys/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { runningTarget, userCache } from "./index.ts";

const kernel = openKernel();

function withFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(`${tmpdir()}/sonde-cache-`);
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

kernelTest("the kernel's types are the same with the cached index as without", () => {
  withFolder((folder) => {
    const first = runningTarget({ kernel, cache: userCache(folder) }).btf;
    const [index] = readdirSync(folder);
    assert.ok(index?.startsWith("btf-index-"));
    assert.equal(statSync(`${folder}/${index}`).mode & 0o077, 0, "nobody else may write it");
    const second = runningTarget({ kernel, cache: userCache(folder) }).btf;
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(second.size, first.size);
    assert.deepEqual(second.find("task_struct", "struct"), first.find("task_struct", "struct"));

    writeFileSync(`${folder}/${index}`, "damaged");
    assert.equal(runningTarget({ kernel, cache: userCache(folder) }).btf?.size, first.size);
  });
});

kernelTest("a cache that can't be written is done without", () => {
  const target = runningTarget({ kernel, cache: userCache("/proc/no/such/folder") });
  assert.equal(target.features.probeReadKernel, true);
  assert.ok((target.btf?.size ?? 0) > 1000);
});

kernelTest("attach points are listed by provider", () => {
  const target = runningTarget({ kernel });
  assert.deepEqual(target.probes("tracepoint", "sched:sched_process_ex[ei]*").slice(0, 2), [
    "sched:sched_process_exec",
    "sched:sched_process_exit",
  ]);
  assert.ok(target.probes("rawtracepoint", "sched_*").includes("sched_switch"));
  assert.deepEqual(target.probes("kprobe", "vfs_read"), ["vfs_read"]);
  assert.ok(target.probes("kprobe", "vfs_*").includes("vfs_write"));
  assert.deepEqual(target.probes("kprobe", "no_such_function"), []);
  assert.ok(target.probes("fentry", "vfs_rea?").includes("vfs_read"));
  assert.deepEqual(target.probes("uprobe", "libc:mallo[c]"), ["libc:malloc"]);
  assert.deepEqual(target.probes("uprobe", "libc:malloc"), ["libc:malloc"]);
  assert.deepEqual(target.probes("uprobe", "libc:no_such_function"), []);
  assert.deepEqual(target.probes("uprobe", "no-such-program:main"), []);
});

kernelTest("a tracepoint's record has the fields of its format file", () => {
  const target = runningTarget({ kernel });
  const format = target.tracepoint("sched", "sched_switch");
  assert.equal(format?.id, Number(readFileSync("/sys/kernel/tracing/events/sched/sched_switch/id", "latin1")));
  assert.deepEqual(
    format.fields.find((field) => field.name === "next_comm"),
    {
      name: "next_comm",
      type: "char[16]",
      offset: 40,
      size: 16,
      signed: format.fields.find((field) => field.name === "prev_comm")?.signed,
    },
  );
  assert.equal(target.tracepoint("sched", "absent"), undefined);
});
