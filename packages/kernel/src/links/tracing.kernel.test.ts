/** Every way to trace, each fired by what one process does; nothing is left after. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { conventionalSection } from "@sonde/bpf/elf";
import type { AttachTarget } from "@sonde/bpf/spec";
import { type Collection, type ObjectEditor, loadCollection } from "../collection/index.ts";
import { kernelTypes, objectWith } from "../collection/testing/objects.ts";
import { KernelError, UnsupportedFeatureError, leaked, openKernel, openKernelDescriptors } from "../sys/index.ts";
import type { KernelFeature } from "../testing/kernel-features.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { Attacher } from "./attacher.ts";
import type { Link } from "./link.ts";
import type { AttachOptions } from "./options.ts";
import { Writer } from "./testing/writer.ts";

const kernel = openKernel();
const vmlinux = kernelTypes();
const WRITES = 50;
const EACCES = 13;
const E2BIG = 7;

interface Hit {
  readonly count: bigint;
  readonly cookie: bigint;
  readonly value: bigint;
}

interface Settings {
  watched: number;
  with_cookie: boolean;
  answer: number;
}

function load(object: ObjectEditor, settings: Partial<Settings> = {}): Collection {
  Object.assign(object.globals<Settings>("rodata"), settings);
  return loadCollection(kernel, object.spec(), { vmlinux });
}

function hits(collection: Collection): Readonly<Record<string, Hit>> {
  return collection.globals<Record<string, Hit>>("bss");
}

function attachAll(collection: Collection, options: AttachOptions = {}): Link[] {
  return new Attacher(kernel, { vmlinux }).attachAll(
    Array.from(collection.attachments(), (attachment) => ({ ...attachment, options })),
  );
}

interface Row {
  readonly program: string;
  readonly needs: readonly KernelFeature[];
  /** Runs for each write; 1 if absent. */
  readonly times?: number;
  /** What it saw last. */
  readonly value?: bigint;
  /** What it takes to have a cookie too; it has none if absent. */
  readonly cookie?: readonly KernelFeature[];
}

const ROWS: readonly Row[] = [
  { program: "kprobe", needs: ["kprobe"], cookie: ["attach_cookie"] },
  { program: "kretprobe", needs: ["kretprobe"], cookie: ["attach_cookie"] },
  { program: "ksyscall", needs: ["kprobe"] },
  { program: "kprobe_multi", needs: ["kprobe_multi"], cookie: [] },
  { program: "kretprobe_multi", needs: ["kprobe_multi"], cookie: [] },
  { program: "kprobe_session", needs: ["kprobe_session"], times: 2, cookie: [] },
  { program: "uprobe", needs: ["uprobe"], cookie: ["attach_cookie"] },
  { program: "uretprobe", needs: ["uprobe"] },
  { program: "uprobe_multi", needs: ["uprobe_multi"], cookie: [] },
  { program: "uretprobe_multi", needs: ["uprobe_multi"] },
  { program: "uprobe_session", needs: ["uprobe_session"], times: 2, cookie: [] },
  { program: "tracepoint", needs: ["tracepoint"], cookie: ["attach_cookie"] },
  { program: "fentry", needs: ["fentry"], value: 1n, cookie: ["tracing_cookie"] },
  { program: "fexit", needs: ["fexit"], value: 1n, cookie: ["tracing_cookie"] },
];

for (const { program, needs, times = 1, value = 0n, cookie } of ROWS) {
  const fires = async (options: AttachOptions): Promise<void> => {
    const before = openKernelDescriptors();
    const writer = new Writer(WRITES);
    {
      using collection = load(objectWith("tracing", program), {
        watched: writer.pid,
        with_cookie: options.cookie !== undefined,
      });
      const links = attachAll(collection, options);
      await writer.run();
      const hit = hits(collection)[`on_${program}`];
      assert.deepEqual(hit, { count: BigInt(WRITES * times), cookie: options.cookie ?? 0n, value });
      for (const link of links) link.close();
      await new Writer(1).run();
      assert.equal(hits(collection)[`on_${program}`]?.count, hit?.count, "it ran after it was detached");
    }
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  };
  kernelTest(`${program} fires for each write`, { needs }, () => fires({}));
  if (cookie !== undefined)
    kernelTest(`${program} reads its cookie`, { needs: [...needs, ...cookie] }, () =>
      fires({ cookie: 0x1122_3344_5566n }),
    );
}

for (const [program, needs, cookieNeeds] of [
  ["raw_tracepoint", ["raw_tracepoint"], ["raw_tracepoint_cookie"]],
  ["btf_tracepoint", ["tp_btf"], ["raw_tracepoint_cookie"]],
] as const) {
  const fires = async (options: AttachOptions): Promise<void> => {
    const writer = new Writer(WRITES);
    using collection = load(objectWith("tracing", program), {
      watched: writer.pid,
      with_cookie: options.cookie !== undefined,
    });
    const links = attachAll(collection, options);
    await writer.run();
    for (const link of links) link.close();
    const hit = hits(collection)[`on_${program}`];
    assert.ok((hit?.count ?? 0n) >= BigInt(2 * WRITES), `${hit?.count} system calls`);
    assert.equal(hit?.cookie, options.cookie ?? 0n);
  };
  kernelTest(`${program} fires for each system call`, { needs }, () => fires({}));
  kernelTest(`${program} reads its cookie`, { needs: [...needs, ...cookieNeeds] }, () => fires({ cookie: 77n }));
}

kernelTest("each function of many has its own cookie", { needs: ["kprobe_multi"] }, async () => {
  const writer = new Writer(WRITES);
  using collection = load(objectWith("tracing", "kprobe_multi"), { watched: writer.pid, with_cookie: true });
  const program = collection.program("kprobe_multi");
  const target: AttachTarget = { kind: "kprobeMulti", pattern: "vfs_*", on: "entry" };
  using link = new Attacher(kernel).attach(program, target, {
    functions: [
      { at: "vfs_rmdir", cookie: 1n },
      { at: "vfs_write", cookie: 2n },
    ],
  });
  const info = link.info();
  assert.equal(info.kind, "kprobe_multi");
  await writer.run();
  assert.deepEqual(hits(collection)["on_kprobe_multi"], { count: BigInt(WRITES), cookie: 2n, value: 0n });
  using many = new Attacher(kernel).attach(program, target);
  const count = many.info();
  assert.ok(
    count.kind === "kprobe_multi" && (count.count === 0 || count.count > 20),
    JSON.stringify(count, (_, value: unknown) => String(value)),
  );
});

kernelTest("a uprobe.multi link says what it is", { needs: ["uprobe_multi"] }, () => {
  using collection = load(objectWith("tracing", "uprobe_multi"));
  const [link] = attachAll(collection);
  const info = link?.info();
  link?.close();
  // Some releases tell nothing but the kind.
  assert.ok(info?.kind === "uprobe_multi");
  assert.equal(info.programId, collection.program("uprobe_multi").id());
});

for (const [program, needs] of [
  ["fmod_ret", ["fmod_ret"]],
  ["lsm", ["lsm"]],
] as const) {
  kernelTest(`${program} decides what making a folder ends with`, { needs }, () => {
    const folder = mkdtempSync(`${tmpdir()}/sonde-`);
    try {
      using collection = load(objectWith("tracing", program), { watched: process.pid, answer: -EACCES });
      const links = attachAll(collection);
      assert.throws(() => mkdirSync(`${folder}/refused`), { code: "EACCES" });
      for (const link of links) link.close();
      mkdirSync(`${folder}/allowed`);
      assert.equal(hits(collection)[`on_${program}`]?.count, 1n);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

kernelTest("an LSM program of a control group sees its processes only", { needs: ["lsm", "lsm_cgroup"] }, async () => {
  const group = `/sys/fs/cgroup/sonde-lsm-${process.pid}`;
  mkdirSync(group);
  try {
    using collection = load(objectWith("tracing", "lsm_cgroup"));
    assert.throws(() => attachAll(collection), /say which \(option cgroup\)/);
    const [link] = attachAll(collection, { cgroup: group });
    const run = async (where: string): Promise<void> => {
      const child = spawn("/bin/sh", ["-c", `echo $$ > ${where}/cgroup.procs && exec ip link show lo`], {
        stdio: "ignore",
      });
      assert.deepEqual(await once(child, "exit"), [0, null]);
    };
    await run("/sys/fs/cgroup");
    assert.equal(hits(collection)["on_lsm_cgroup"]?.count, 0n);
    await run(group);
    assert.ok((hits(collection)["on_lsm_cgroup"]?.count ?? 0n) > 0n);
    link?.close();
  } finally {
    rmdirSync(group);
  }
});

kernelTest("a writable raw tracepoint decides what a test run ends with", { needs: ["raw_tracepoint"] }, () => {
  using collection = load(objectWith("tracing", "writable", "packet"), { watched: process.pid, answer: -E2BIG });
  const [link] = attachAll(collection);
  const packet = collection.program("packet");
  assert.throws(
    () => packet.testRun({ data: new Uint8Array(64) }),
    (error) => error instanceof KernelError && error.code === "E2BIG",
  );
  link?.close();
  assert.equal(packet.testRun({ data: new Uint8Array(64) }).returned, 2);
  assert.equal(hits(collection)["on_writable"]?.count, 1n);
});

kernelTest(
  "a perf event by the numbers of its section's name; a hardware counter where there is one",
  { needs: ["perf_event"] },
  async () => {
    const attacher = new Attacher(kernel);
    const object = objectWith("tracing", "sampled");
    const at = (section: string): { readonly collection: Collection; readonly links: readonly Link[] } => {
      object.program("sampled").attach = conventionalSection(section)?.attach ?? [];
      const collection = load(object);
      try {
        return { collection, links: attacher.attachAll(collection.attachments()) };
      } catch (error) {
        collection.close();
        throw error;
      }
    };
    for (const section of ["perf_event/type=1,config=0,frequency=200", "perf_event/type=1,config=0,period=2000000"]) {
      const { collection, links } = at(section);
      await sleep(200);
      for (const link of links) link.close();
      assert.ok((hits(collection)["on_perf_event"]?.count ?? 0n) > 3n, section);
      collection.close();
    }
    const cycles = "perf_event/type=0,config=0,frequency=200";
    if (existsSync("/sys/bus/event_source/devices/cpu/events/cpu-cycles")) {
      const { collection, links } = at(cycles);
      for (const link of links) link.close();
      collection.close();
    } else {
      assert.throws(
        () => at(cycles),
        (error) =>
          error instanceof UnsupportedFeatureError &&
          error.feature === "hardware counters" &&
          /perf event of type 0, config 0 200 times a second .*: this machine shows no counters/.test(error.reason),
      );
    }
  },
);
