import assert from "node:assert/strict";
import { mkdirSync, rmSync, statfsSync } from "node:fs";
import { BtfBuilder, BtfReader } from "@sonde/bpf/btf";
import type { MapSpec } from "@sonde/bpf/spec";
import { testMap } from "../collection/test-object.ts";
import { btfLoad } from "../sys/bpf/btf-commands.ts";
import { MapFlag } from "../sys/constants.ts";
import { FileDescriptor } from "../sys/file-descriptor.ts";
import { leaked, openKernelDescriptors } from "../sys/leaks.ts";
import { openKernel } from "../sys/linux.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { MapMismatchError } from "./compare.ts";
import { createMap } from "./create.ts";
import { openPinnedMap } from "./open.ts";
import { pinnedMap } from "./pin.ts";
import { bpftool } from "./testing/bpftool.ts";
import { typedMap } from "./typed.ts";

const kernel = openKernel();
const BPF_FS_MAGIC = 0xcafe_4a11;

/** A path on a BPF file system, removed afterwards. */
function withPath(use: (path: string) => void): void {
  const root = "/sys/fs/bpf";
  if (statfsSync(root).type !== BPF_FS_MAGIC) kernel.mount(root, "bpf");
  const folder = `${root}/sonde-test-${process.pid}`;
  mkdirSync(folder);
  try {
    use(`${folder}/map`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const spec = testMap("a_name_longer_than_the_kernel_keeps", "hash");

kernelTest("a pinned map outlives its maker, is found by bpftool and reused", () => {
  withPath((path) => {
    const first = pinnedMap(kernel, spec, path);
    assert.equal(first.reused, false);
    typedMap<number, bigint>(first.map).set(1, 11n);
    const { id } = first.map.info();
    first.map.close();
    assert.equal((bpftool("map", "show", "pinned", path) as { readonly id: number }).id, id);
    const second = pinnedMap(kernel, spec, path);
    assert.equal(second.reused, true);
    assert.equal(second.map.name, spec.name);
    assert.equal(typedMap<number, bigint>(second.map).get(1), 11n);
    second.map.close();
    using opened = openPinnedMap(kernel, path);
    assert.equal(opened.info().id, id);
    assert.equal(opened.name, spec.name.slice(0, 15));
    assert.throws(() => opened.pin(path), { code: "EEXIST" });
  });
});

kernelTest("what differs is said, and nothing is left open", () => {
  withPath((path) => {
    pinnedMap(kernel, spec, path).map.close();
    const before = openKernelDescriptors();
    const wanted: MapSpec = { ...spec, type: "lru_hash", valueSize: 16, maxEntries: 17, flags: MapFlag.NO_COMMON_LRU };
    const cpus = kernel.possibleCpus().length;
    assert.throws(
      () => pinnedMap(kernel, wanted, path),
      (error) => {
        assert.ok(error instanceof MapMismatchError);
        assert.deepEqual(error.differences, [
          { attribute: "type", wanted: "lru_hash", found: "hash" },
          { attribute: "value size", wanted: "16", found: "8" },
          { attribute: "max entries", wanted: String(Math.ceil(17 / cpus) * cpus), found: "16" },
          { attribute: "flags", wanted: "0x2", found: "0x0" },
        ]);
        assert.match(error.message, /cannot use what is pinned at .*\n {2}type: wanted lru_hash, found hash\n/);
        return true;
      },
    );
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  });
});

kernelTest("maps of every kind of rounding are found equal to themselves", () => {
  const specs = [
    testMap("lru", "lru_hash", { maxEntries: 17, flags: MapFlag.NO_COMMON_LRU }),
    testMap("lru", "lru_percpu_hash", { maxEntries: 17 }),
    testMap("dev", "devmap"),
    testMap("trie", "lpm_trie", { keySize: 8 }),
    testMap("ring", "ringbuf", { keySize: 0, valueSize: 0, maxEntries: 5000 }),
    testMap("perf", "perf_event_array", { maxEntries: 0 }),
    testMap("numa", "hash", { numaNode: 0 }),
    testMap("readonly", "array", { maxEntries: 1, flags: MapFlag.RDONLY_PROG, data: new Uint8Array(8) }),
  ];
  for (const each of specs) {
    withPath((path) => {
      pinnedMap(kernel, each, path).map.close();
      const { map, reused } = pinnedMap(kernel, each, path);
      assert.equal(reused, true);
      map.close();
    });
  }
});

kernelTest("layouts are compared by their types, whatever those are called", () => {
  const make = (
    members: readonly string[],
    word: string,
  ): { readonly types: BtfReader; readonly fd: FileDescriptor; readonly spec: MapSpec } => {
    const builder = new BtfBuilder();
    const keyTypeId = builder.int("int", 4, "signed");
    const of = builder.typedef(word, builder.int("unsigned int", 4, "unsigned"));
    const valueTypeId = builder.struct(
      "value",
      8,
      members.map((name, i) => ({ name, type: of, bitOffset: 32 * i })),
    );
    const blob = builder.encode();
    return {
      types: new BtfReader(blob),
      fd: new FileDescriptor(btfLoad(kernel, blob)),
      spec: testMap("layout", "hash", { keyTypeId, valueTypeId }),
    };
  };
  const old = make(["count", "sum"], "u32");
  const same = make(["count", "sum"], "__u32");
  const changed = make(["sum", "count"], "u32");
  withPath((path) => {
    createMapPinned(old, path);
    const { map, reused } = pinnedMap(kernel, same.spec, path, { types: same.types, btfFd: same.fd.fd });
    assert.equal(reused, true);
    map.close();
    assert.throws(() => pinnedMap(kernel, changed.spec, path, { types: changed.types, btfFd: changed.fd.fd }), {
      differences: [
        {
          attribute: "layout of the value",
          wanted: "{0 sum u32; 4 count u32} of 8",
          found: "{0 count u32; 4 sum u32} of 8",
        },
      ],
    });
  });
  for (const { fd } of [old, same, changed]) fd.close();

  function createMapPinned({ spec: wanted, fd }: typeof old, path: string): void {
    using map = createMap(kernel, wanted, fd.fd);
    map.pin(path);
  }
});
