import assert from "node:assert/strict";
import type { MapSpec, MapType } from "@sonde/bpf/spec";
import { mapCreate } from "../sys/bpf/map-commands.ts";
import { BpfCommand, MapFlag, MapTypeId, UpdateFlag } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import type { Kernel } from "../sys/kernel.ts";
import { leaked, openKernelDescriptors } from "../sys/leaks.ts";
import { openKernel } from "../sys/linux.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { Batches } from "./batches.ts";
import { createMap } from "./create.ts";
import type { BpfMap } from "./map.ts";

const kernel = openKernel();

function spec(type: MapType, changes: Partial<MapSpec> = {}): MapSpec {
  const flags = type === "lpm_trie" ? MapFlag.NO_PREALLOC : 0;
  return {
    name: `t_${type}`,
    type,
    keySize: type === "lpm_trie" ? 8 : 4,
    valueSize: 8,
    maxEntries: 10_000,
    flags,
    keyTypeId: 0,
    valueTypeId: 0,
    ...changes,
  };
}

function key(map: BpfMap, n: number): Uint8Array {
  const bytes = new Uint8Array(map.layout.keySize);
  const view = new DataView(bytes.buffer);
  if (map.type === "lpm_trie") view.setUint32(0, 32, true);
  view.setUint32(bytes.length - 4, n, true);
  return bytes;
}

/** The value n for the first CPU, n + 1 for the next, and so on. */
function value(map: BpfMap, n: number): Uint8Array {
  const bytes = new Uint8Array(map.layout.entrySize);
  const view = new DataView(bytes.buffer);
  for (let cpu = 0; cpu < map.layout.cpus; cpu++) view.setUint32(cpu * map.layout.stride, n + cpu, true);
  return bytes;
}

function readAll(map: BpfMap): Map<number, readonly number[]> {
  const found = new Map<number, readonly number[]>();
  map.forEach((keys, keyAt, values, valueAt) => {
    const n = keys.getUint32(keyAt + map.layout.keySize - 4, true);
    assert.ok(!found.has(n), `key ${n} is seen once`);
    found.set(
      n,
      Array.from({ length: map.layout.cpus }, (_, cpu) => values.getUint32(valueAt + cpu * map.layout.stride, true)),
    );
  });
  return found;
}

for (const type of [
  "hash",
  "lru_hash",
  "percpu_hash",
  "lru_percpu_hash",
  "array",
  "percpu_array",
  "lpm_trie",
] as const) {
  for (const valueSize of [8, 12]) {
    kernelTest(`${type} with values of ${valueSize} bytes: what is written is read back, singly and in batches`, () => {
      const isArray = type.endsWith("array");
      // An LRU map may evict before it is full: it has lists for each CPU.
      const count = 5000;
      using map = createMap(kernel, spec(type, { valueSize, maxEntries: isArray ? count : 20_000 }));
      for (let n = 0; n < count; n++) assert.equal(map.update(key(map, n), value(map, n)), true);
      assert.deepEqual(map.lookup(key(map, 17)), value(map, 17));
      const found = readAll(map);
      assert.equal(found.size, count);
      for (const [n, values] of found)
        assert.deepEqual(
          values,
          Array.from({ length: map.layout.cpus }, (_, cpu) => n + cpu),
        );
      map.clear();
      const left = readAll(map);
      if (isArray) assert.ok(left.size === count && [...left.values()].every((values) => values.every((v) => v === 0)));
      else assert.equal(left.size, 0);
    });
  }
}

kernelTest("single elements: absent keys, flags of update, take, delete, a full map", () => {
  using map = createMap(kernel, spec("hash", { maxEntries: 2 }));
  assert.equal(map.lookup(key(map, 1)), undefined);
  assert.equal(map.delete(key(map, 1)), false);
  assert.equal(map.update(key(map, 1), value(map, 1), UpdateFlag.EXIST), false);
  assert.equal(map.update(key(map, 1), value(map, 1), UpdateFlag.NOEXIST), true);
  assert.equal(map.update(key(map, 1), value(map, 2), UpdateFlag.NOEXIST), false);
  map.update(key(map, 2), value(map, 2));
  assert.throws(() => map.update(key(map, 3), value(map, 3)), {
    name: "KernelError",
    code: "E2BIG",
    message: /map 't_hash' \(hash\).*more entries/s,
  });
  assert.equal(map.delete(key(map, 2)), true);
  assert.throws(() => map.update(new Uint8Array(3), value(map, 3)), RangeError);
  assert.throws(() => map.update(key(map, 3), new Uint8Array(9)), RangeError);
  map.zero();
  assert.deepEqual([...readAll(map)], [[1, [0]]]);
});

kernelTest("take reads and deletes", () => {
  using map = createMap(kernel, spec("hash"));
  map.update(key(map, 1), value(map, 5));
  assert.deepEqual(map.take(key(map, 1)), value(map, 5));
  assert.equal(map.take(key(map, 1)), undefined);
});

kernelTest("a batch smaller than a bucket grows until it fits", () => {
  using map = createMap(kernel, spec("hash", { maxEntries: 300 }));
  for (let n = 0; n < 300; n++) map.update(key(map, n), value(map, n));
  using fd = mapCreate(kernel, { ...spec("hash"), type: MapTypeId.hash, maxEntries: 300 });
  for (let n = 0; n < 300; n++) {
    const attr = kernel.attr(32);
    attr.u32(0, fd.fd);
    attr.pointer(8, key(map, n));
    attr.pointer(16, value(map, n));
    assert.equal(kernel.bpf(BpfCommand.MAP_UPDATE_ELEM, attr), 0);
  }
  let refused = 0;
  const watched: Kernel = {
    ...kernel,
    bpf: (command, attr) => {
      const result = kernel.bpf(command, attr);
      if (result === -Errno.ENOSPC) refused++;
      return result;
    },
  };
  const seen: number[] = [];
  for (const { count, keys } of new Batches(watched, fd, map.layout, 300, "map", 1).walk())
    for (let i = 0; i < count; i++) seen.push(keys.view.getUint32(i * 4, true));
  assert.ok(refused > 0, "the kernel refused a batch of one");
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    Array.from({ length: 300 }, (_, n) => n),
  );
});

for (const batches of [true, false]) {
  kernelTest(
    `entries that stay are seen exactly once while others come and go (${batches ? "in batches" : "key by key"})`,
    () => {
      const staying = batches ? 9000 : 1000;
      const walking = batches ? BpfCommand.MAP_LOOKUP_BATCH : BpfCommand.MAP_GET_NEXT_KEY;
      let calls = 0;
      let changes = 0;
      let steps = 0;
      const restless: Kernel = {
        ...kernel,
        bpf: (command, attr) => {
          if (!batches && command === BpfCommand.MAP_LOOKUP_BATCH) return -Errno.ENOTSUPP;
          const result = kernel.bpf(command, attr);
          // Every other entry goes, and comes back a step later: half the time the walk stood on one, and starts over.
          const beat = command === walking && changes < 12 ? ++calls % (batches ? 2 : 150) : -1;
          if (beat === 0) for (let n = staying; n < 2 * staying; n++) map.delete(key(map, n));
          if (beat === 1) for (let n = staying; n < 2 * staying; n++) map.update(key(map, n), value(map, n));
          if (beat === 0) changes++;
          if (command === BpfCommand.MAP_GET_NEXT_KEY) steps++;
          return result;
        },
      };
      using map: BpfMap = createMap(restless, spec("hash", { maxEntries: 20_000 }));
      for (let n = 0; n < 2 * staying; n++) map.update(key(map, n), value(map, n));
      const found = readAll(map);
      for (let n = 0; n < staying; n++) assert.ok(found.has(n), `key ${n}`);
      if (!batches) assert.ok(steps > 2 * staying + 1, "the walk started over");
    },
  );
}

kernelTest("maps without batches are read key by key", () => {
  const calls = new Set<number>();
  const watched: Kernel = {
    ...kernel,
    bpf: (command, attr) => {
      calls.add(command);
      return command === BpfCommand.MAP_LOOKUP_BATCH ? -Errno.ENOTSUPP : kernel.bpf(command, attr);
    },
  };
  using map = createMap(watched, spec("percpu_array", { maxEntries: 5000 }));
  for (let n = 0; n < 5000; n++) map.update(key(map, n), value(map, n));
  assert.equal(readAll(map).size, 5000);
  assert.ok(calls.has(BpfCommand.MAP_GET_NEXT_KEY));
  // The kernel itself, on an empty map of stacks.
  using stacks = createMap(kernel, spec("stack_trace", { valueSize: 127 * 8 }));
  assert.equal(readAll(stacks).size, 0);
  stacks.clear();
});

kernelTest("globals: first content, shared memory, frozen when programs may only read", () => {
  const data = new Uint8Array(24).fill(7);
  const section = spec("array", { valueSize: 24, maxEntries: 1, data });
  using map = createMap(kernel, { ...section, flags: MapFlag.MMAPABLE });
  assert.deepEqual(map.lookup(key(map, 0)), data);
  const shared = new Uint8Array(map.memory());
  shared[3] = 9;
  assert.equal(map.lookup(key(map, 0))?.[3], 9);
  using constants = createMap(kernel, { ...section, flags: MapFlag.RDONLY_PROG });
  assert.throws(() => constants.update(key(map, 0), data), { code: "EPERM" });
  assert.throws(() => constants.memory(), /BPF_F_MMAPABLE/);
});

kernelTest("a thousand maps come and go without a descriptor left", () => {
  const before = openKernelDescriptors();
  const data = new Uint8Array(8).fill(1);
  for (let i = 0; i < 1000; i++) {
    const map = createMap(kernel, spec("array", { maxEntries: 1, data, flags: MapFlag.MMAPABLE }));
    if (i % 10 === 0) map.memory();
    map.close();
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("a map whose first content is refused is closed again", () => {
  const before = openKernelDescriptors();
  const refusing: Kernel = {
    ...kernel,
    bpf: (command, attr) => (command === BpfCommand.MAP_FREEZE ? -Errno.EBUSY : kernel.bpf(command, attr)),
  };
  const section = spec("array", { maxEntries: 1, data: new Uint8Array(8), flags: MapFlag.RDONLY_PROG });
  assert.throws(() => createMap(refusing, section), { code: "EBUSY", call: "BPF_MAP_FREEZE" });
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});
