/** What is particular to each kind of map. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, mkdtempSync, openSync, rmdirSync } from "node:fs";
import { createServer, createConnection } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { assemble } from "@sonde/bpf/asm";
import { codecOfShape } from "@sonde/bpf/btf";
import type { MapSpec, MapType } from "@sonde/bpf/spec";
import { loadCollection } from "../collection/load.ts";
import { testMap, testObject } from "../collection/test-object.ts";
import { linkCreate } from "../sys/bpf/link-commands.ts";
import { AttachType, MapFlag } from "../sys/constants.ts";
import { FileDescriptor } from "../sys/file-descriptor.ts";
import { openKernel } from "../sys/linux.ts";
import { openPidfd } from "../sys/pidfd.ts";
import { pageSize } from "../sys/page-size.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { BloomFilter } from "./bloom-filter.ts";
import { createMap } from "./create.ts";
import type { Descriptor } from "./descriptor-codec.ts";
import type { CpuEntry, DeviceEntry } from "./device-codec.ts";
import type { BpfMap } from "./map.ts";
import { openMapById } from "./open.ts";
import { Queue } from "./queue.ts";
import { readBuildIdStack, readStack } from "./stacks.ts";
import { typedMap } from "./typed.ts";

const kernel = openKernel();
const vmlinux = (): undefined => undefined;
const u64 = codecOfShape<bigint>({ kind: "int", size: 8, signed: false });

function make(type: MapType, changes: Partial<MapSpec> = {}): BpfMap {
  return createMap(kernel, testMap(`t_${type}`.slice(0, 15), type, changes));
}

kernelTest("queues hand out the oldest value, stacks the newest", () => {
  for (const [type, want] of [
    ["queue", [1n, 2n, 3n]],
    ["stack", [3n, 2n, 1n]],
  ] as const) {
    using map = make(type, { keySize: 0, maxEntries: 3 });
    const queue = new Queue(map, u64);
    assert.equal(queue.pop(), undefined);
    for (const value of [1n, 2n, 3n]) assert.equal(queue.push(value), true);
    assert.equal(queue.push(4n), false);
    assert.equal(queue.peek(), want[0]);
    assert.deepEqual([queue.pop(), queue.pop(), queue.pop(), queue.pop()], [...want, undefined]);
  }
  using map = make("queue", { keySize: 0, maxEntries: 2 });
  const queue = new Queue(map, u64);
  for (const value of [1n, 2n, 3n]) queue.pushOver(value);
  assert.deepEqual([queue.pop(), queue.pop(), queue.pop()], [2n, 3n, undefined]);
});

kernelTest("a bloom filter never denies what it holds", () => {
  using map = make("bloom_filter", { keySize: 0, maxEntries: 1000 });
  const filter = new BloomFilter(map, u64);
  for (let n = 0n; n < 1000n; n++) filter.add(n * 7919n);
  for (let n = 0n; n < 1000n; n++) assert.equal(filter.has(n * 7919n), true);
  let wrong = 0;
  for (let n = 0n; n < 1000n; n++) if (filter.has((1n << 40n) + n)) wrong++;
  assert.ok(wrong < 100, `${wrong} of 1000 values that are not there`);
});

for (const type of ["array_of_maps", "hash_of_maps"] as const) {
  kernelTest(`${type}: inner maps by object, found again by id`, () => {
    const inner = testMap("inner", "hash", { maxEntries: 4 });
    using outer = make(type, { inner });
    using first = createMap(kernel, inner);
    first.update(Uint8Array.of(1, 0, 0, 0), Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0));
    const maps = typedMap<number, Descriptor>(outer);
    assert.equal(maps.get(3), undefined);
    maps.set(3, first);
    const { id } = first.info();
    assert.equal(maps.get(3), id);
    using again = openMapById(kernel, id);
    assert.equal(typedMap<number, bigint>(again!).get(1), 9n);
    assert.deepEqual(
      [...maps].filter(([, value]) => value !== 0),
      [[3, id]],
    );
    using other = createMap(kernel, testMap("other", "hash", { valueSize: 16 }));
    assert.throws(() => maps.set(4, other), { code: "EINVAL" });
    assert.equal(maps.delete(3), true);
    assert.equal(maps.get(3), undefined);
  });
}

kernelTest("a program array is called through, and changed while it is", () => {
  const programs = testMap("programs", "prog_array", { valueSize: 4, maxEntries: 2 });
  const caller = assemble("r2 = map[programs] ll\nr3 = 1\ncall bpf_tail_call\nr0 = 7\nexit");
  using collection = loadCollection(
    kernel,
    testObject(
      [
        { name: "caller", instructions: caller },
        { name: "callee", instructions: assemble("r0 = 42\nexit") },
      ],
      [programs],
    ),
    { vmlinux },
  );
  const slots = typedMap<number, Descriptor>(collection.map("programs"));
  const run = (): number => collection.program("caller").testRun().returned;
  assert.equal(run(), 7);
  slots.set(1, collection.program("callee"));
  assert.equal(run(), 42);
  assert.equal(slots.get(1), collection.program("callee").id());
  assert.equal(slots.delete(1), true);
  assert.equal(run(), 7);
});

kernelTest("task storage by process", { needs: ["task_storage"] }, async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  using pidfd = openPidfd(kernel, child.pid!);
  using map = make("task_storage");
  const storage = typedMap<Descriptor, bigint>(map);
  assert.equal(storage.get(pidfd), undefined);
  storage.set(pidfd, 5n);
  assert.equal(storage.get(pidfd), 5n);
  using own = openPidfd(kernel, process.pid);
  assert.equal(storage.get(own), undefined);
  assert.equal(storage.delete(pidfd), true);
  assert.equal(storage.delete(pidfd), false);
  child.kill();
  await once(child, "exit");
  assert.throws(() => openPidfd(kernel, 1 << 22), { code: /ESRCH|EINVAL/ });
});

kernelTest("inode storage by file", () => {
  using map = make("inode_storage");
  const storage = typedMap<Descriptor, bigint>(map);
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-inode-"));
  const fds = [openSync(folder, "r"), openSync(folder, "r"), openSync("/", "r")];
  storage.set(fds[0]!, 8n);
  // The same inode by another descriptor, and another inode.
  assert.deepEqual(
    fds.map((fd) => storage.get(fd)),
    [8n, 8n, undefined],
  );
  for (const fd of fds) closeSync(fd);
  rmdirSync(folder);
});

kernelTest("cgroup arrays by folder", () => {
  using map = make("cgroup_array", { valueSize: 4 });
  using folder = cgroupFolder();
  const groups = typedMap<number, Descriptor>(map);
  groups.set(0, folder);
  assert.throws(() => groups.set(0, map), { name: "KernelError" });
  assert.equal(groups.delete(0), true);
});

kernelTest("cgroup storage by folder", () => {
  using map = make("cgrp_storage");
  using folder = cgroupFolder();
  const storage = typedMap<Descriptor, bigint>(map);
  storage.set(folder, 3n);
  assert.equal(storage.get(folder), 3n);
  using again = cgroupFolder();
  assert.equal(storage.get(again), 3n);
});

for (const type of ["cgroup_storage", "percpu_cgroup_storage"] as const) {
  kernelTest(`${type}: what a program attached to a cgroup counts`, async () => {
    const counting = `
      r1 = map[storage] ll
      r2 = 0
      call bpf_get_local_storage
      r1 = 1
      lock *(u64 *)(r0 + 0) += r1
      r0 = 1
      exit`;
    using folder = cgroupFolder();
    const object = testObject(
      [{ type: "cgroup_skb", instructions: assemble(counting) }],
      [testMap("storage", type, { keySize: 8 })],
    );
    using collection = loadCollection(kernel, object, { vmlinux });
    const attachment = { target: folder.fd, attachType: AttachType.CGROUP_INET_EGRESS };
    const map = collection.map("storage");
    const typed = typedMap<bigint, bigint | readonly bigint[]>(map);
    const key = BigInt(fstatSync(folder.fd).ino);
    assert.equal(typed.get(key), undefined);
    using link = linkCreate(kernel, { programFd: collection.program("main").fd, ...attachment }, "cgroup");
    assert.ok(!link.closed);
    const socket = createSocket("udp4");
    for (let i = 0; i < 3; i++) await new Promise((resolve) => socket.send("x", 9, "127.0.0.1", resolve));
    socket.close();
    const sum = [typed.get(key) ?? 0n].flat().reduce((a, b) => a + b, 0n);
    assert.ok(sum >= 3n, `${sum} packets`);
    assert.deepEqual([...typed.keys()], [key]);
  });
}

/** Where cgroup version 2 is mounted, opened. */
function cgroupFolder(): FileDescriptor {
  const unified = "/sys/fs/cgroup/unified";
  return new FileDescriptor(openSync(existsSync(unified) ? unified : "/sys/fs/cgroup", "r"));
}

kernelTest("sockets in sockmaps and with storages", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = createConnection((server.address() as AddressInfo).port, "127.0.0.1");
  await once(client, "connect");
  const fd = descriptorOf(client);
  using storageMap = make("sk_storage");
  const storage = typedMap<Descriptor, bigint>(storageMap);
  storage.set(fd, 77n);
  assert.equal(storage.get(fd), 77n);
  for (const type of ["sockmap", "sockhash"] as const) {
    using map = make(type);
    const sockets = typedMap<number, Descriptor>(map);
    assert.equal(sockets.get(1), undefined);
    sockets.set(1, fd);
    // What is read is the socket's cookie, the same from both.
    assert.ok((sockets.get(1) as number) > 0);
    assert.equal(sockets.delete(1), true);
  }
  client.destroy();
  server.close();
});

/** Node.js has no public way to a socket's descriptor. */
function descriptorOf(socket: Socket): number {
  // oxlint-disable-next-line eslint/no-underscore-dangle
  return (socket as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
}

kernelTest("device and CPU maps", () => {
  for (const [type, key] of [
    ["devmap", 1],
    ["devmap_hash", 1000],
  ] as const) {
    using map = make(type, { valueSize: 8 });
    const devices = typedMap<number, DeviceEntry>(map);
    devices.set(key, { ifindex: 1 });
    assert.deepEqual(devices.get(key), { ifindex: 1 });
    assert.throws(() => devices.set(key, { ifindex: 9999 }), { code: "EINVAL" });
    assert.equal(devices.delete(key), true);
    assert.equal(devices.get(key), undefined);
  }
  using map = make("cpumap", { valueSize: 4, maxEntries: 1 });
  const cpus = typedMap<number, CpuEntry>(map);
  cpus.set(0, { queueSize: 64 });
  assert.deepEqual(cpus.get(0), { queueSize: 64 });
  assert.throws(() => cpus.set(0, { queueSize: 64, program: 3 }), /holds no programs: give them 8/);
  cpus.delete(0);
});

kernelTest("stacks are read to their end", () => {
  const instructions = assemble("r2 = map[stacks] ll\nr3 = 512\ncall bpf_get_stackid\nexit"); // 512: reuse the slot
  const spec = testMap("stacks", "stack_trace", { valueSize: 16 * 8 });
  using collection = loadCollection(kernel, testObject([{ instructions }], [spec]), { vmlinux });
  const id = collection.program("main").testRun().returned;
  const stack = readStack(collection.map("stacks"), id);
  assert.ok(stack !== undefined && stack.length > 0);
  for (const address of stack) assert.ok(address >= 1n << 63n, `${address.toString(16)} is in the kernel`);
  assert.equal(readStack(collection.map("stacks"), id ^ 1), undefined);
});

kernelTest("user stacks by build id", () => {
  const instructions = assemble("r2 = map[stacks] ll\nr3 = 768\ncall bpf_get_stackid\nexit"); // 256: the user's
  const spec = testMap("stacks", "stack_trace", { valueSize: 32 * 8, flags: MapFlag.STACK_BUILD_ID });
  using collection = loadCollection(kernel, testObject([{ instructions }], [spec]), { vmlinux });
  const map = collection.map("stacks");
  const frames = readBuildIdStack(map, collection.program("main").testRun().returned);
  assert.ok(frames !== undefined && frames.length > 0);
  for (const { buildId, address } of frames) {
    assert.ok(buildId === undefined || buildId.length === 20);
    assert.ok(address > 0n);
  }
  assert.throws(() => readStack(map, 0), /readBuildIdStack/);
});

kernelTest("an arena is memory", { needs: ["arena"] }, () => {
  using map = make("arena", { keySize: 0, valueSize: 0, maxEntries: 4, extra: 1n << 44n });
  const bytes = new Uint8Array(map.memory());
  assert.equal(bytes.length, 4 * pageSize());
  bytes[3 * pageSize()] = 9;
  assert.equal(bytes[3 * pageSize()], 9);
  assert.equal(bytes[0], 0);
});

kernelTest("arrays of sockets for SO_REUSEPORT take only such sockets", () => {
  using map = make("reuseport_sockarray");
  const sockets = typedMap<number, Descriptor>(map);
  assert.throws(() => sockets.set(0, map), { name: "KernelError" });
  assert.equal(sockets.delete(0), false);
});

kernelTest("AF_XDP socket maps refuse other sockets", () => {
  using map = make("xskmap", { valueSize: 4 });
  assert.throws(() => typedMap<number, Descriptor>(map).set(0, map), { name: "KernelError" });
});
