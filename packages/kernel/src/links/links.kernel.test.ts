import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { AttachTarget } from "@sonde/bpf/spec";
import {
  AttachType,
  type Kernel,
  KernelError,
  leaked,
  objectById,
  objectInfo,
  openKernel,
  openKernelDescriptors,
} from "../sys/index.ts";
import { openVmlinuxBtf, userCache } from "../target/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { Attacher } from "./attacher.ts";
import { stopAll } from "./link.ts";
import { type CounterRequest, EventCounter } from "./testing/event-counter.ts";
import { Writer } from "./testing/writer.ts";

const kernel = openKernel();
const WRITES = 2000;
const WRITE_NUMBER = process.arch === "arm64" ? 64 : 1;

/** How often a program ran while dd made its writes; and that it does not run any more once closed. */
async function countWrites(target: AttachTarget, request: CounterRequest): Promise<number> {
  const before = openKernelDescriptors();
  let count: number;
  {
    const writer = new Writer(WRITES);
    using counter = new EventCounter(kernel, { ...request, pid: writer.pid });
    const link = new Attacher(kernel).attach(counter, target);
    await writer.run();
    count = counter.count;
    link.close();
    await new Writer(1).run();
    assert.equal(counter.count, count, "it ran after it was detached");
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  return count;
}

/** BTF's id of a function or tracepoint. */
function btfId(name: string, kind: "func" | "typedef"): number {
  const id = openVmlinuxBtf(kernel, userCache())?.find(name, kind)[0];
  assert.ok(id !== undefined, `the kernel's BTF has ${name}`);
  return id;
}

kernelTest("a tracepoint fires once for each write", { needs: ["tracepoint"] }, async () => {
  const count = await countWrites(
    { kind: "tracepoint", category: "syscalls", name: "sys_enter_write" },
    { type: "tracepoint" },
  );
  assert.equal(count, WRITES);
});

kernelTest("a raw tracepoint fires once for each write", { needs: ["raw_tracepoint"] }, async () => {
  const request = { type: "raw_tracepoint", where: { offset: 8, equals: WRITE_NUMBER } } as const;
  assert.equal(await countWrites({ kind: "rawTracepoint", name: "sys_enter" }, request), WRITES);
});

kernelTest("a BTF tracepoint fires once for each write", { needs: ["tp_btf"] }, async () => {
  const request = {
    type: "tracing",
    expectedAttachType: AttachType.TRACE_RAW_TP,
    attachBtfId: btfId("btf_trace_sys_enter", "typedef"),
    where: { offset: 8, equals: WRITE_NUMBER },
  } as const;
  assert.equal(await countWrites({ kind: "btfTracepoint", name: "sys_enter" }, request), WRITES);
});

for (const onReturn of [false, true]) {
  kernelTest(
    `a ${onReturn ? "kretprobe" : "kprobe"} fires once for each vfs_write`,
    { needs: [onReturn ? "kretprobe" : "kprobe"] },
    async () => {
      const count = await countWrites({ kind: "kprobe", symbol: "vfs_write", onReturn }, { type: "kprobe" });
      assert.equal(count, WRITES);
    },
  );

  kernelTest(
    `${onReturn ? "fexit" : "fentry"} fires once for each vfs_write`,
    { needs: [onReturn ? "fexit" : "fentry"] },
    async () => {
      const request = {
        type: "tracing",
        expectedAttachType: onReturn ? AttachType.TRACE_FEXIT : AttachType.TRACE_FENTRY,
        attachBtfId: btfId("vfs_write", "func"),
      } as const;
      assert.equal(await countWrites({ kind: "fentry", function: "vfs_write", onReturn }, request), WRITES);
    },
  );

  kernelTest(
    `a ${onReturn ? "uretprobe" : "uprobe"} fires once for each write of libc`,
    { needs: ["uprobe"] },
    async () => {
      const count = await countWrites({ kind: "uprobe", path: "libc", symbol: "write", onReturn }, { type: "kprobe" });
      assert.equal(count, WRITES);
    },
  );
}

kernelTest("a kprobe where there is no instruction is refused with a reason", { needs: ["kprobe"] }, () => {
  using counter = new EventCounter(kernel, { type: "kprobe" });
  const attacher = new Attacher(kernel);
  const rows = [
    {
      target: { kind: "kprobe", symbol: "vfs_write", offset: 1_000_000, onReturn: false },
      want: /kprobe:vfs_write\+1000000/,
    },
    {
      target: { kind: "kprobe", symbol: "no_such_function", onReturn: false },
      want: /has no function no_such_function/,
    },
    {
      target: { kind: "kprobe", symbol: "vfs_write", module: "no_such_module", onReturn: true },
      want: /kretprobe:no_such_module:vfs_write/,
    },
  ] as const;
  for (const { target, want } of rows) {
    assert.throws(
      () => attacher.attach(counter, target),
      (error) => error instanceof KernelError && want.test(error.message),
    );
  }
});

kernelTest("a uprobe for one process is silent for others", { needs: ["uprobe"] }, async () => {
  const watched = new Writer(30);
  const other = new Writer(20);
  using counter = new EventCounter(kernel, { type: "kprobe" });
  using link = new Attacher(kernel).attach(counter, {
    kind: "uprobe",
    path: "libc",
    symbol: "write",
    pid: watched.pid,
    onReturn: false,
  });
  await other.run();
  assert.equal(counter.count, 0);
  await watched.run();
  assert.equal(counter.count, 30);
  assert.match(link.description, /^uprobe:libc:write$/);
});

kernelTest("a clock fires by its period, on one CPU or on every one", { needs: ["perf_event"] }, async () => {
  using one = new EventCounter(kernel, { type: "perf_event" });
  using all = new EventCounter(kernel, { type: "perf_event" });
  const attacher = new Attacher(kernel);
  const start = process.hrtime.bigint();
  const period = 5_000_000;
  const links = attacher.attachAll([
    { program: one, target: { kind: "perfEvent", event: "cpu-clock", period, cpus: "one" } },
    { program: all, target: { kind: "perfEvent", event: "cpu-clock", frequency: 100, cpus: "all" } },
  ]);
  await sleep(400);
  for (const link of links) link.close();
  const elapsed = Number(process.hrtime.bigint() - start);
  const count = one.count;
  assert.ok(count >= 10, `${count} ticks of 5 ms in ${elapsed / 1e6} ms`);
  assert.ok(count <= elapsed / period + 1, `${count} ticks of 5 ms in ${elapsed / 1e6} ms`);
  assert.ok(all.count >= 5, `${all.count} at 100 Hz in ${elapsed / 1e6} ms`);
  await sleep(50);
  assert.equal(one.count, count, "it ticked after it was detached");
});

kernelTest(
  "a link of Linux 5.15 is gone from the kernel when it is closed",
  { needs: ["perf_event_link"] },
  async () => {
    using counter = new EventCounter(kernel, { type: "tracepoint" });
    const link = new Attacher(kernel).attach(counter, {
      kind: "tracepoint",
      category: "sched",
      name: "sched_process_exec",
    });
    assert.equal(link.road, "perf event link");
    assert.ok(link.fd !== undefined);
    const id = linkId(kernel, link.fd);
    objectById(kernel, "link", id)?.close();
    await stopAll([link]);
    assert.equal(objectById(kernel, "link", id), undefined, "stopping ends the link");
    link.close();
    link.close(); // a second time is nothing
  },
);

kernelTest("when one of many is refused none stays attached", { needs: ["tracepoint"] }, async () => {
  const writer = new Writer(10);
  using counter = new EventCounter(kernel, { type: "tracepoint", pid: writer.pid });
  const before = openKernelDescriptors();
  const targets = ["sys_enter_write", "sys_exit_write", "sys_enter_no_such_call"].map((name): AttachTarget => ({
    kind: "tracepoint",
    category: "syscalls",
    name,
  }));
  assert.throws(
    () => new Attacher(kernel).attachAll(targets.map((target) => ({ program: counter, target }))),
    (error) =>
      error instanceof KernelError &&
      error.code === "ENOENT" &&
      error.subject === "tracepoint:syscalls:sys_enter_no_such_call",
  );
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  await writer.run();
  assert.equal(counter.count, 0);
});

kernelTest("what can't be attached is refused with a reason", { needs: ["uprobe"] }, () => {
  using counter = new EventCounter(kernel, { type: "kprobe" });
  using raw = new EventCounter(kernel, { type: "raw_tracepoint" });
  const attacher = new Attacher(kernel);
  const rows: readonly { program: EventCounter; target: AttachTarget; want: RegExp }[] = [
    { program: raw, target: { kind: "rawTracepoint", name: "absent" }, want: /rawtracepoint:absent failed.*ENOENT/ },
    {
      program: counter,
      target: { kind: "uprobe", path: "/bin/absent", symbol: "main", onReturn: false },
      want: /no program or library \/bin\/absent/,
    },
    {
      program: counter,
      target: { kind: "uprobe", path: "libc", symbol: "absent", onReturn: false },
      want: /defines no function absent/,
    },
    {
      program: counter,
      target: { kind: "uprobe", path: "libc", symbol: "write", pid: 2 ** 22 + 1, onReturn: false },
      want: /no process 4194305/,
    },
    { program: counter, target: { kind: "tracepoint", category: "sched", name: "absent" }, want: /no such tracepoint/ },
  ];
  for (const { program, target, want } of rows) assert.throws(() => attacher.attach(program, target), want);
});

/** struct bpf_link_info { u32 type; u32 id; ... } */
function linkId(on: Kernel, fd: number): number {
  return objectInfo(on, fd, 8, "a link").getUint32(4, true);
}
