/** Every map type, made from as little as its specification must say, and what bpftool finds. */
import assert from "node:assert/strict";
import { BtfBuilder } from "@sonde/bpf/btf";
import type { MapSpec, MapType } from "@sonde/bpf/spec";
import { testMap } from "../collection/test-object.ts";
import { btfLoad } from "../sys/bpf/btf-commands.ts";
import { BpfCommand, MapFlag } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { leaked, openKernelDescriptors } from "../sys/leaks.ts";
import { openKernel } from "../sys/linux.ts";
import { pageSize } from "../sys/page-size.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { createMap } from "./create.ts";
import { shown } from "./testing/bpftool.ts";

const kernel = openKernel();
const page = pageSize();
const inner = testMap("inner", "hash");

interface Row {
  /** Of the specification, beyond 4 bytes of key, 8 of value and 16 entries. */
  readonly spec?: Partial<MapSpec>;
  /** What bpftool shows, where that is not what was asked for. */
  readonly made?: { readonly max_entries?: number; readonly flags?: number; readonly bytes_value?: number };
}

const storage: Row = { spec: { maxEntries: 7 }, made: { max_entries: 0, flags: MapFlag.NO_PREALLOC } };
const ring: Row = {
  spec: { keySize: 0, valueSize: 0, maxEntries: page + 1 },
  made: { max_entries: 2 * page },
};

const rows: Readonly<Record<Exclude<MapType, "struct_ops">, Row>> = {
  hash: { spec: { flags: MapFlag.NO_PREALLOC } },
  array: {},
  prog_array: { made: { bytes_value: 4 } },
  perf_event_array: { spec: { maxEntries: 0 }, made: { bytes_value: 4, max_entries: kernel.possibleCpus().length } },
  percpu_hash: {},
  percpu_array: {},
  stack_trace: { spec: { valueSize: 127 * 8 } },
  cgroup_array: { made: { bytes_value: 4 } },
  lru_hash: {},
  lru_percpu_hash: {},
  lpm_trie: { spec: { keySize: 8 }, made: { flags: MapFlag.NO_PREALLOC } },
  array_of_maps: { spec: { inner }, made: { bytes_value: 4 } },
  hash_of_maps: { spec: { inner }, made: { bytes_value: 4 } },
  devmap: { made: { flags: MapFlag.RDONLY_PROG } },
  sockmap: {},
  cpumap: { spec: { maxEntries: 2 } },
  xskmap: { spec: { valueSize: 4 } },
  sockhash: {},
  cgroup_storage: { spec: { keySize: 8, maxEntries: 3 }, made: { max_entries: 0 } },
  reuseport_sockarray: {},
  percpu_cgroup_storage: { spec: { keySize: 8 }, made: { max_entries: 0 } },
  queue: { spec: { keySize: 0 } },
  stack: { spec: { keySize: 0 } },
  sk_storage: storage,
  devmap_hash: { made: { flags: MapFlag.RDONLY_PROG } },
  ringbuf: ring,
  inode_storage: storage,
  task_storage: storage,
  bloom_filter: { spec: { keySize: 0, extra: 3n } },
  user_ringbuf: ring,
  cgrp_storage: storage,
  arena: { spec: { keySize: 0, valueSize: 0 }, made: { flags: MapFlag.MMAPABLE } },
};

for (const [type, { spec: own = {}, made = {} }] of Object.entries(rows)) {
  kernelTest(`${type}: made with what it insists on`, () => {
    const spec = testMap(`t_${type}`.slice(0, 15), type as MapType, own);
    using map = createMap(kernel, spec);
    const { type: name, bytes_key, bytes_value, max_entries, flags } = shown(map);
    // An older bpftool has numbers for types that it does not know.
    if (!/^(type )?\d+$/.test(name)) assert.equal(name, type);
    assert.deepEqual(
      { bytes_key, bytes_value, max_entries, flags },
      {
        bytes_key: spec.keySize,
        bytes_value: spec.valueSize,
        max_entries: spec.maxEntries,
        flags: spec.flags,
        ...made,
      },
    );
    const info = map.info();
    assert.equal(info.type, type);
    if (spec.extra !== undefined) assert.equal(info.extra, spec.extra);
  });
}

kernelTest("a map of maps without a template is refused before the kernel is asked", () => {
  assert.throws(
    () => createMap(kernel, testMap("outer", "hash_of_maps")),
    /does not say what its inner maps look like/,
  );
});

kernelTest("a size that the kernel refuses is its error, not a missing feature", () => {
  assert.throws(() => createMap(kernel, testMap("bad", "array", { keySize: 5 })), {
    name: "KernelError",
    code: "EINVAL",
  });
});

kernelTest("maps on one NUMA node", () => {
  using map = createMap(kernel, testMap("numa", "hash", { numaNode: 0 }));
  assert.equal(map.info().flags & MapFlag.NUMA_NODE, MapFlag.NUMA_NODE);
  assert.throws(() => createMap(kernel, testMap("numa", "hash", { numaNode: 9999 })), { name: "KernelError" });
});

kernelTest("types that the kernel refuses are left out, and that is said", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, "signed");
  using btf = new FileDescriptor(btfLoad(kernel, builder.encode()));
  let makings = 0;
  const refusing: Kernel = {
    ...kernel,
    bpf: (command, attr) =>
      command === BpfCommand.MAP_CREATE && ++makings === 1 ? -Errno.ENOTSUPP : kernel.bpf(command, attr),
  };
  const said: string[] = [];
  const typed = testMap("typed", "hash", { valueSize: 4, keyTypeId: int, valueTypeId: int });
  using map = createMap(refusing, typed, btf.fd, { debug: (message) => said.push(message) });
  assert.equal(map.info().valueTypeId, 0);
  assert.deepEqual(said, [
    "map 'typed' is made without BTF of its key and value, which this kernel refused (ENOTSUPP)",
  ]);
  using whole = createMap(kernel, typed, btf.fd, { debug: (message) => said.push(message) });
  assert.equal(whole.info().valueTypeId, int);
  assert.equal(said.length, 1);
});

kernelTest("makings that fail leave nothing open", () => {
  const before = openKernelDescriptors();
  const bad = { ...testMap("outer", "array_of_maps", { inner }), keySize: 5 };
  assert.throws(() => createMap(kernel, bad), { code: "EINVAL" });
  assert.throws(() => createMap(kernel, testMap("task", "task_storage", { valueSize: 1 << 24 })));
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

/** The long form has 10,000 rounds: SONDE_LONG=1. */
kernelTest("maps of all types come and go: descriptors and memory stay flat", { timeout: 600_000 }, () => {
  const rounds = process.env["SONDE_LONG"] === "1" ? 10_000 : 200;
  const specs = ["hash", "array", "lpm_trie", "ringbuf", "hash_of_maps", "sk_storage"].map((type) => {
    const { spec } = rows[type as "hash"];
    return testMap("round", type as MapType, spec);
  });
  const round = (): void => {
    for (const spec of specs) createMap(kernel, spec).close();
  };
  for (let i = 0; i < 100; i++) round();
  const before = openKernelDescriptors();
  const memory = process.memoryUsage().rss;
  for (let i = 0; i < rounds; i++) round();
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  const grown = process.memoryUsage().rss - memory;
  assert.ok(grown < 64 << 20, `resident memory grew by ${grown} bytes in ${rounds} rounds`);
});
