import assert from "node:assert/strict";
import { test } from "node:test";
import { BtfBuilder, BtfReader } from "@sonde/bpf/btf";
import { testMap, testObject } from "../collection/test-object.ts";
import { loadCollection } from "../collection/load.ts";
import { MapFlag, UpdateFlag } from "../sys/constants.ts";
import { openKernel } from "../sys/linux.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { createMap } from "./create.ts";
import { globalsOf } from "./globals.ts";
import { withGlobals } from "./initial-globals.ts";
import { addressPrefixCodec, formatPrefix, parsePrefix } from "./prefix-codec.ts";
import type { Prefix } from "./prefix-codec.ts";
import { dumped, hexBytes } from "./testing/bpftool.ts";
import { typedMap } from "./typed.ts";

const kernel = openKernel();
const vmlinux = (): undefined => undefined;

interface FlowKey {
  readonly pid: number;
  readonly comm: string;
}
interface Flow {
  readonly bytes: bigint;
  readonly delta: number;
  readonly state: number;
  readonly ports: readonly number[];
  readonly open: boolean;
}

const builder = new BtfBuilder();
const u16 = builder.int("unsigned short", 2, "unsigned");
const u32 = builder.int("unsigned int", 4, "unsigned");
const s32 = builder.int("int", 4, "signed");
const u64 = builder.int("unsigned long", 8, "unsigned");
const bool = builder.int("_Bool", 1, "bool");
const char = builder.int("char", 1, "signed");
const state = builder.enum("state", 4, false, [
  { name: "CLOSED", value: 0 },
  { name: "OPEN", value: 1 },
]);
const flowKey = builder.struct("flow_key", 20, [
  { name: "pid", type: u32, bitOffset: 0 },
  { name: "comm", type: builder.array(char, 16), bitOffset: 32 },
]);
const flow = builder.struct("flow", 24, [
  { name: "bytes", type: u64, bitOffset: 0 },
  { name: "delta", type: s32, bitOffset: 64 },
  { name: "state", type: state, bitOffset: 96 },
  { name: "ports", type: builder.array(u16, 2), bitOffset: 128 },
  { name: "open", type: bool, bitOffset: 160 },
]);
const long = builder.int("long", 8, "signed");
const counter = builder.var("counter", long, "global");
const limits = builder.var("limits", builder.array(u32, 2), "global");
const section = builder.datasec(".data", 16, [
  { type: counter, offset: 0, size: 8 },
  { type: limits, offset: 8, size: 8 },
]);

const flows = { keySize: 20, valueSize: 24, keyTypeId: flowKey, valueTypeId: flow };
const object = testObject(
  [],
  [
    testMap("flows", "hash", flows),
    testMap("percpu", "percpu_hash", flows),
    testMap(".data", "array", {
      valueSize: 16,
      maxEntries: 1,
      flags: MapFlag.MMAPABLE,
      keyTypeId: s32,
      valueTypeId: section,
      data: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0),
    }),
    testMap("plain", "array", { valueSize: 16, maxEntries: 1 }),
  ],
  builder,
);
const btf = new BtfReader(object.btf);
const types = { btf, keyTypeId: flowKey, valueTypeId: flow };

function aFlow(n: number): Flow {
  return { bytes: BigInt(n) << 33n, delta: -n, state: n & 1, ports: [n & 0xffff, 443], open: n % 3 === 0 };
}

kernelTest("structs are written and read as objects, and bpftool reads the same", () => {
  using collection = loadCollection(kernel, object, { vmlinux });
  const map = collection.map("flows");
  const typed = typedMap<FlowKey, Flow>(map, { types, text: true });
  const key = { pid: 42, comm: "dd" };
  assert.equal(typed.get(key), undefined);
  assert.equal(typed.has(key), false);
  assert.equal(typed.set(key, aFlow(5)), true);
  assert.equal(typed.set(key, aFlow(6), UpdateFlag.NOEXIST), false);
  assert.deepEqual(typed.get(key), aFlow(5));
  assert.equal(typed.has(key), true);
  const [entry] = dumped(map);
  assert.deepEqual(entry?.formatted, {
    key: { pid: 42, comm: "dd" },
    value: { bytes: 5 * 2 ** 33, delta: -5, state: "OPEN", ports: [5, 443], open: false },
  });
  assert.equal(typed.delete(key), true);
  assert.equal(typed.delete(key), false);
  assert.throws(() => typed.set({ pid: -1, comm: "dd" }, aFlow(1)), {
    name: "CodecError",
    message: "key of map 'flows' (hash): pid: -1 does not fit an unsigned integer of 4 bytes",
  });
});

kernelTest("an entry is read and deleted in one step", () => {
  using map = createMap(kernel, testMap("taken", "hash"));
  const typed = typedMap<number, bigint>(map);
  typed.set(1, 5n);
  assert.equal(typed.take(1), 5n);
  assert.equal(typed.take(1), undefined);
});

kernelTest("many entries at once: written, walked by two at a time, deleted, taken", () => {
  using collection = loadCollection(kernel, object, { vmlinux });
  using map = createMap(kernel, testMap("many", "hash", { keySize: 20, valueSize: 24, maxEntries: 10_000 }));
  assert.equal(collection.map("flows").maxEntries, 16);
  const typed = typedMap<FlowKey, Flow>(map, { types, text: true });
  const all = Array.from({ length: 9000 }, (_, n): [FlowKey, Flow] => [{ pid: n, comm: `task ${n}` }, aFlow(n)]);
  assert.equal(typed.setAll(all), 9000);
  assert.equal(typed.setAll(all.slice(0, 10), UpdateFlag.NOEXIST), 0);
  // A walk inside a walk.
  let first = 0;
  for (const key of typed.keys()) {
    if (first++ === 0) assert.equal([...typed.values()].length, 9000);
    assert.equal(key.comm, `task ${key.pid}`);
  }
  assert.equal(first, 9000);
  const missing = { pid: 20_000, comm: "gone" };
  assert.equal(typed.deleteAll([missing, ...all.slice(0, 3000).map(([key]) => key), missing]), 3000);
  const byPid = (a: [FlowKey, Flow], b: [FlowKey, Flow]): number => a[0].pid - b[0].pid;
  assert.deepEqual([...typed].sort(byPid), all.slice(3000));
  assert.deepEqual(typed.takeAll().sort(byPid), all.slice(3000));
  assert.deepEqual([...typed], []);
  assert.throws(() => typed.setAll(Array.from({ length: 10_001 }, (_, n) => [{ pid: n, comm: "" }, aFlow(n)])), {
    code: "E2BIG",
    message: /'many' \(hash\), entry 10000 of 10001/,
  });
});

kernelTest("per-CPU values are arrays", () => {
  using collection = loadCollection(kernel, object, { vmlinux });
  const map = collection.map("percpu");
  const typed = typedMap<FlowKey, readonly Flow[]>(map, { types, text: true });
  const values = kernel.possibleCpus().map((cpu) => aFlow(cpu + 1));
  typed.set({ pid: 1, comm: "x" }, values);
  assert.deepEqual([...typed], [[{ pid: 1, comm: "x" }, values]]);
  const perCpu = dumped(map)[0]?.formatted?.values as readonly { cpu: number; value: { delta: number } }[];
  assert.deepEqual(
    perCpu.map(({ value }) => value.delta),
    values.map(({ delta }) => delta),
  );
  assert.throws(() => typed.set({ pid: 1, comm: "x" }, []), /one element for each of the \d+ possible CPUs/);
});

kernelTest("without types, integers and bytes by their sizes", () => {
  using map = createMap(kernel, testMap("sizes", "hash", { keySize: 4, valueSize: 12 }));
  const typed = typedMap<number, Uint8Array>(map);
  typed.set(0x01020304, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  assert.deepEqual(dumped(map), [
    { key: hexBytes(Uint8Array.of(4, 3, 2, 1)), value: hexBytes(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)) },
  ]);
  assert.throws(() => typedMap(map, { types }), /a value of map 'sizes' \(hash\) has 12 bytes, its type 24/);
});

for (const name of [".data", "plain"]) {
  kernelTest(`global variables are properties (${name === "plain" ? "copied" : "shared memory"})`, () => {
    using collection = loadCollection(kernel, object, { vmlinux });
    const map = collection.map(name);
    const globals = globalsOf<{ counter: bigint; limits: readonly number[] }>(map, btf, section);
    if (name === ".data") assert.deepEqual({ ...globals }, { counter: 7n, limits: [1, 2] });
    globals.counter = 5n;
    globals.counter -= 6n;
    globals.limits = [3, 4];
    assert.deepEqual(
      map.lookup(new Uint8Array(4)),
      Uint8Array.of(...new Uint8Array(8).fill(255), 3, 0, 0, 0, 4, 0, 0, 0),
    );
    assert.deepEqual(Object.keys(globals), ["counter", "limits"]);
    assert.throws(() => (globals.counter = 1n << 63n), { name: "CodecError", message: /^counter: / });
    assert.throws(() => ((globals as Record<string, unknown>)["other"] = 1), TypeError);
    map.close();
    assert.throws(() => globals.counter, /closed already/);
  });
}

kernelTest("global variables are set before loading, constants too", () => {
  const data = object.maps.find(({ name }) => name === ".data")!;
  const constants = { ...data, name: ".rodata", flags: MapFlag.RDONLY_PROG };
  const spec = withGlobals({ ...object, maps: [constants] }, { counter: 9, limits: [5] });
  assert.deepEqual(constants.data, data.data);
  using collection = loadCollection(kernel, spec, { vmlinux });
  const map = collection.map(".rodata");
  assert.deepEqual(map.lookup(new Uint8Array(4)), Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0));
  const globals = globalsOf<{ counter: bigint }>(map, btf, section);
  assert.equal(globals.counter, 9n);
  assert.throws(() => (globals.counter = 1n), { code: "EPERM" });
  assert.throws(() => withGlobals(object, { gone: 1 }), /has no global variable gone: it has counter, limits/);
  assert.throws(() => withGlobals(object, { counter: "x" }), { name: "CodecError", message: /^counter: x is not/ });
});

kernelTest("tries answer with the longest prefix", () => {
  using map = createMap(kernel, testMap("routes", "lpm_trie", { keySize: 8, valueSize: 4 }));
  const routes = typedMap<string, number>(map, { key: addressPrefixCodec(8) });
  routes.setAll([
    ["10.0.0.0/8", 8],
    ["10.1.0.0/16", 16],
    ["0.0.0.0/0", 0],
  ]);
  assert.deepEqual(
    ["10.1.2.3", "10.2.0.1", "192.0.2.1"].map((address) => routes.get(address)),
    [16, 8, 0],
  );
  assert.equal(routes.delete("10.1.0.0/16"), true);
  assert.equal(routes.get("10.1.2.3"), 8);
  assert.deepEqual([...routes.keys()].sort(), ["0.0.0.0/0", "10.0.0.0/8"]);
  const bits = typedMap<Prefix, number>(map);
  bits.set({ length: 12, data: Uint8Array.of(10, 0xf0) }, 12);
  assert.equal(routes.get("10.255.0.1"), 12);
  assert.throws(
    () => bits.set({ length: 33, data: Uint8Array.of(1) }, 1),
    /a prefix of 33 bits: this trie has 0 to 32/,
  );
});

test("network addresses with prefix lengths", () => {
  const rows = [
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["192.0.2.1", "192.0.2.1/32"],
    ["2001:db8::/32", "2001:db8::/32"],
    ["::", "::/128"],
    ["::1/128", "::1/128"],
    ["2001:DB8:0:0:1:0:0:1/64", "2001:db8::1:0:0:1/64"],
    ["::ffff:192.0.2.1/96", "::ffff:c000:201/96"],
    ["1:0:3:4:5:6:7:8/0", "1:0:3:4:5:6:7:8/0"],
  ] as const;
  for (const [text, want] of rows) assert.equal(formatPrefix(parsePrefix(text)), want);
  for (const bad of ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/"])
    assert.throws(() => parsePrefix(bad), { name: "CodecError" }, bad);
});
