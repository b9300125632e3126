/** Links that are pinned, updated and asked; iterators, replacements, struct_ops; programs run by hand. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { type Collection, loadCollection } from "../collection/index.ts";
import { kernelTypes, objectSpec, objectWith } from "../collection/testing/objects.ts";
import { KernelError, leaked, openKernel, openKernelDescriptors } from "../sys/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { Attacher } from "./attacher.ts";
import { readIterator, streamIterator } from "./iterator.ts";
import { Link } from "./link.ts";
import { sendBy } from "./testing/congestion.ts";
import { Writer } from "./testing/writer.ts";

const kernel = openKernel();
const vmlinux = kernelTypes();
const attacher = new Attacher(kernel, { vmlinux });
const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const long = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

function attach(collection: Collection, name: string, options?: Parameters<Attacher["attach"]>[2]): Link {
  const program = collection.program(name);
  const [target] = program.targets;
  assert.ok(target !== undefined);
  return attacher.attach(program, target, options);
}

/** Runs with a folder on the BPF file system. */
async function withPins(work: (folder: string) => void | Promise<void>): Promise<void> {
  if (!readFileSync("/proc/self/mounts", "latin1").includes(" /sys/fs/bpf ")) kernel.mount("/sys/fs/bpf", "bpf");
  const folder = `/sys/fs/bpf/sonde-links-${process.pid}`;
  mkdirSync(folder);
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

kernelTest("an iterator is read at once, as a stream, and for one process", { needs: ["iterator"] }, async () => {
  const before = openKernelDescriptors();
  {
    using collection = loadCollection(kernel, objectWith("iterators", "tasks").spec(), { vmlinux });
    using link = attach(collection, "tasks");
    assert.deepEqual([link.info().kind, link.description], ["iter", "iter:task"]);
    const lines = readIterator(kernel, link).toString().trim().split("\n");
    assert.ok(lines.includes(`${process.pid} ${process.pid} ${readFileSync("/proc/self/comm", "utf8").trim()}`));
    const chunks: Buffer[] = [];
    for await (const chunk of streamIterator(kernel, link)) chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).toString().split("\n").length > 3);
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("an iterator over the threads of one process", { needs: ["iterator", "task_iterator_parameters"] }, () => {
  using collection = loadCollection(kernel, objectWith("iterators", "tasks").spec(), { vmlinux });
  using all = attach(collection, "tasks", { iterator: { pid: process.pid } });
  const processes = readIterator(kernel, all)
    .toString()
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]);
  assert.ok(processes.length > 1);
  assert.deepEqual([...new Set(processes)], [`${process.pid}`]);
  using one = attach(collection, "tasks", { iterator: { tid: process.pid } });
  assert.equal(readIterator(kernel, one).toString().trim().split("\n").length, 1);
});

kernelTest("an iterator over one map, whose program is exchanged in place", { needs: ["map_element_iterator"] }, () => {
  using collection = loadCollection(kernel, objectWith("iterators", "elements").spec(), { vmlinux });
  const numbers = collection.map("numbers");
  numbers.update(word(3), long(33n));
  numbers.update(word(4), long(44n));
  using link = attach(collection, "elements", { iterator: { map: numbers } });
  assert.deepEqual(readIterator(kernel, link).toString().trim().split("\n").sort(), ["3=33", "4=44"]);

  using other = loadCollection(kernel, objectWith("iterators", "elements").spec(), { vmlinux });
  const next = other.program("elements");
  assert.throws(
    () => link.update(next, next),
    (error) => error instanceof KernelError && error.code === "EPERM",
  );
  link.update(next, collection.program("elements"));
  assert.equal(link.info().programId, next.id());
  assert.throws(
    () => link.detach(),
    (error) => error instanceof KernelError && error.code === "EOPNOTSUPP",
  );
});

kernelTest(
  "a pinned link goes on without its process, and is opened again",
  { needs: ["raw_tracepoint"] },
  async () => {
    await withPins(async (folder) => {
      const writer = new Writer(5);
      const object = objectWith("tracing", "raw_tracepoint");
      object.globals<{ watched: number }>("rodata").watched = writer.pid;
      using collection = loadCollection(kernel, object.spec(), { vmlinux });
      const count = (): bigint =>
        collection.globals<Record<string, { count: bigint }>>("bss")["on_raw_tracepoint"]?.count ?? 0n;
      const link = attach(collection, "raw_tracepoint");
      link.pin(`${folder}/link`);
      assert.throws(
        () => link.pin(`${folder}/link`),
        (error) => error instanceof KernelError && error.code === "EEXIST",
      );
      const { id } = link.info();
      link.close();
      await writer.run();
      assert.ok(count() >= 5n, `${count()} system calls`);
      using reopened = Link.open(kernel, `${folder}/link`);
      const info = reopened.info();
      assert.equal(info.id, id);
      assert.deepEqual([info.kind, info.kind === "raw_tracepoint" && info.tracepoint], ["raw_tracepoint", "sys_exit"]);
      assert.equal(info.programId, collection.program("raw_tracepoint").id());
      assert.throws(
        () => Link.open(kernel, `${folder}/absent`),
        (error) => error instanceof KernelError && error.code === "ENOENT",
      );
    });
  },
);

kernelTest("attachments that are no single BPF link say so", { needs: ["perf_event"] }, () => {
  using collection = loadCollection(kernel, objectWith("tracing", "sampled").spec(), { vmlinux });
  using link = attacher.attach(collection.program("sampled"), {
    kind: "perfEvent",
    event: "cpu-clock",
    period: 1e9,
    cpus: "all",
  });
  if (link.fd === undefined)
    assert.throws(() => link.pin("/sys/fs/bpf/never"), /cannot be pinned: it is (\d+ attachments|a perf event)/);
  else assert.equal(link.info().kind, "perf_event");
});

kernelTest("a function of a loaded program is replaced, and comes back", { needs: ["fentry"] }, () => {
  using original = loadCollection(kernel, objectSpec("replaced"), { vmlinux });
  const entry = original.program("entry");
  const run = (): number => entry.testRun({ data: new Uint8Array(64) }).returned;
  const spec = objectSpec("replacement");
  assert.throws(() => loadCollection(kernel, spec, { vmlinux }), /replaces function 'decide' of another program/);
  using replacement = loadCollection(kernel, spec, { vmlinux, targetPrograms: { decide_otherwise: entry } });
  assert.equal(run(), 2);
  const link = attach(replacement, "decide_otherwise");
  assert.equal(run(), 3);
  link.close();
  assert.equal(run(), 2);
});

kernelTest("a program without a function of that name cannot have it replaced", { needs: ["fentry"] }, () => {
  using original = loadCollection(kernel, objectWith("tracing", "packet").spec(), { vmlinux });
  assert.throws(
    () =>
      loadCollection(kernel, objectSpec("replacement"), {
        vmlinux,
        targetPrograms: { decide_otherwise: original.program("packet") },
      }),
    /no function 'decide' in the types of the target program, whose functions are/,
  );
});

kernelTest("a test run gives the packet back, repeats, and runs on a CPU", () => {
  using collection = loadCollection(kernel, objectWith("tracing", "packet", "raw_tracepoint").spec(), { vmlinux });
  const packet = collection.program("packet");
  const data = Uint8Array.from({ length: 64 }, (_, index) => index);
  const result = packet.testRun({ data, repeat: 5 });
  assert.deepEqual([result.returned, result.data.length], [2, 64]);
  assert.deepEqual(result.data, Uint8Array.of(0x5a, ...data.subarray(1)));
  const counts = collection.globals<Record<string, { count: bigint; value: bigint }>>("bss");
  assert.equal(counts["on_packet"]?.count, 5n);
  assert.throws(
    () => packet.testRun({ data, dataRoom: 10 }),
    (error) => error instanceof KernelError && error.code === "ENOSPC",
  );

  const raw = collection.program("raw_tracepoint");
  assert.equal(raw.testRun({ context: new Uint8Array(BigUint64Array.of(1n, 4711n).buffer), cpu: 0 }).returned, 0);
  assert.equal(counts["on_raw_tracepoint"]?.value, 4711n);
});

kernelTest("live frames go where the program sends them", { needs: ["live_frames"] }, () => {
  using collection = loadCollection(kernel, objectWith("tracing", "packet").spec(), { vmlinux });
  // Passed frames come in at the loopback interface: number 1, queue 0 (struct xdp_md, ingress_ifindex at 12).
  const context = new Uint8Array(24);
  new DataView(context.buffer).setUint32(4, 64, true); // data_end
  new DataView(context.buffer).setUint32(12, 1, true);
  collection
    .program("packet")
    .testRun({ data: new Uint8Array(64), context, repeat: 100, batchSize: 16, liveFrames: true });
  assert.equal(collection.globals<Record<string, { count: bigint }>>("bss")["on_packet"]?.count, 100n);
});

kernelTest("a syscall program is run with a context that it changes", { needs: ["syscall_program"] }, () => {
  using collection = loadCollection(kernel, objectWith("tracing", "by_hand").spec(), { vmlinux });
  const { returned, context } = collection
    .program("by_hand")
    .testRun({ context: new Uint8Array(BigUint64Array.of(21n, 0n).buffer) });
  assert.deepEqual([returned, [...new BigUint64Array(context.buffer, context.byteOffset, 2)]], [7, [21n, 42n]]);
});

const AVAILABLE = "/proc/sys/net/ipv4/tcp_available_congestion_control";

kernelTest("a congestion control of ours is registered, used and taken back", { needs: ["struct_ops"] }, () => {
  const before = openKernelDescriptors();
  {
    using collection = loadCollection(kernel, objectSpec("congestion"), { vmlinux });
    const registered = (): boolean => readFileSync(AVAILABLE, "utf8").includes("sonde_plain");
    assert.equal(registered(), false);
    const link = collection.register("plain");
    assert.equal(registered(), true);
    sendBy("sonde_plain");
    assert.ok((collection.globals("bss")["asked"] as bigint) > 0n);
    link.close();
    assert.equal(registered(), false);
    assert.throws(() => collection.register("linked"), /has no struct_ops map 'linked': it has plain/);
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("a congestion control by a link", { needs: ["struct_ops_link"] }, () => {
  const object = objectWith("congestion", "ssthresh", "undo", "avoid", "begin");
  object.map("plain").autocreate = false;
  object.map("linked").autocreate = true;
  using collection = loadCollection(kernel, object.spec(), { vmlinux });
  const link = collection.register("linked");
  assert.match(readFileSync(AVAILABLE, "utf8"), /sonde_linked/);
  assert.equal(link.info().kind, "struct_ops");
  link.close();
  assert.doesNotMatch(readFileSync(AVAILABLE, "utf8"), /sonde_linked/);
});

kernelTest("a member that this kernel does not have must not be set", { needs: ["tp_btf"] }, () => {
  const spec = objectSpec("congestion");
  const maps = spec.maps.map((map) =>
    map.name !== "plain"
      ? map
      : { ...map, references: [...(map.references ?? []), { kind: "program" as const, name: "avoid", at: 48 }] },
  );
  assert.throws(
    () => loadCollection(kernel, { ...spec, maps }, { vmlinux }),
    /tcp_congestion_ops has no member 'absent_in_every_kernel', and it is set/,
  );
});
