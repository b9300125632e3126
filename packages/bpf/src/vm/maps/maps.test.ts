import assert from "node:assert/strict";
import { test } from "node:test";
import type { MapSpec } from "../../spec/spec.ts";
import { testMap, testVm } from "../testing.ts";
import { words } from "../vm.ts";
import type { Vm } from "../vm.ts";

/** Key, value and flags come with the context: `*(u64 *)(r1 + 0)`, `+ 8`, `+ 16`. */
const UPDATE = `
  r2 = r1
  r3 = r1
  r3 += 8
  r4 = *(u64 *)(r1 + 16)
  r1 = map[m] ll
  call bpf_map_update_elem
  exit`;
const DELETE = `
  r2 = r1
  r1 = map[m] ll
  call bpf_map_delete_elem
  exit`;
/** Adds the second word to what is found, and returns what was there. */
const ADD = `
  r6 = *(u64 *)(r1 + 8)
  r2 = r1
  r1 = map[m] ll
  call bpf_map_lookup_elem
  if r0 == 0 goto none
  r0 = atomic_fetch_add((u64 *)(r0 + 0), r0)
  exit
  none: r0 = -1
  exit`;

const [ANY, NOEXIST, EXIST] = [0, 1, 2];
const [E2BIG, ENOENT, EINVAL, EEXIST] = [-7, -2, -22, -17];

function machine(spec: MapSpec, text: string, cpus = 1): Vm {
  return testVm(text, [spec], { cpus });
}

function signed(vm: Vm, ...context: readonly (number | bigint)[]): number {
  return Number(BigInt.asIntN(64, vm.run("main", words(...context)).result));
}

test("updates of a hash, by flags and by room", () => {
  const vm = machine(testMap("m", "hash", { maxEntries: 2 }), UPDATE);
  assert.equal(signed(vm, 1, 10, EXIST), ENOENT);
  assert.equal(signed(vm, 1, 10, NOEXIST), 0);
  assert.equal(signed(vm, 1, 11, NOEXIST), EEXIST);
  assert.equal(signed(vm, 1, 12, EXIST), 0);
  assert.equal(signed(vm, 2, 20, ANY), 0);
  assert.equal(signed(vm, 3, 30, ANY), E2BIG);
  assert.equal(signed(vm, 3, 30, 9), EINVAL);
  assert.deepEqual(
    [1, 2, 3].map((key) => vm.map("m").number(key)),
    [12n, 20n, 0n],
  );
  assert.equal(vm.map("m").size, 2);
});

test("updates of an array, by index", () => {
  const vm = machine(testMap("m", "array", { maxEntries: 2 }), UPDATE);
  assert.equal(signed(vm, 1, 10, ANY), 0);
  assert.equal(signed(vm, 2, 10, ANY), E2BIG);
  assert.equal(signed(vm, 1, 10, NOEXIST), EEXIST);
  assert.deepEqual(vm.map("m").entries(), [
    [Uint8Array.of(0, 0, 0, 0), words(0)],
    [Uint8Array.of(1, 0, 0, 0), words(10)],
  ]);
  assert.equal(signed(machine(testMap("m", "array"), DELETE), 1), EINVAL);
});

test("a value found is changed in place, within its bounds", () => {
  const increment = ADD.replace(
    "r0 = atomic_fetch_add((u64 *)(r0 + 0), r0)",
    "r1 = r6\nr1 = atomic_fetch_add((u64 *)(r0 + 0), r1)\nr0 = r1",
  );
  const vm = machine(testMap("m", "hash"), increment);
  assert.equal(signed(vm, 5, 3), -1);
  vm.map("m").set(5, 100);
  assert.equal(signed(vm, 5, 3), 100);
  assert.equal(vm.map("m").number(5), 103n);
  const beyond = machine(testMap("m", "array"), ADD.replace("(r0 + 0)", "(r0 + 4)"));
  assert.throws(() => beyond.run("main", words(0, 0)), /byte 4 of the 8 of a value of map 'm' is outside/);
});

test("a value that a program holds stays what it was when the hash is updated", () => {
  const vm = machine(
    testMap("m", "hash"),
    `r6 = r1
     r2 = r1
     r1 = map[m] ll
     call bpf_map_lookup_elem
     r7 = r0
     r1 = map[m] ll
     r2 = r6
     r3 = r6
     r3 += 8
     r4 = 0
     call bpf_map_update_elem
     r0 = *(u64 *)(r7 + 0)
     exit`,
  );
  vm.map("m").set(1, 10);
  assert.equal(signed(vm, 1, 20), 10);
  assert.equal(vm.map("m").number(1), 20n);
});

test("every CPU has its own values", () => {
  for (const type of ["percpu_hash", "percpu_array"] as const) {
    const vm = machine(testMap("m", type, { valueSize: 4 }), UPDATE, 3);
    vm.run("main", { context: words(1, 10, 0), cpu: 0 });
    vm.run("main", { context: words(1, 20, 0), cpu: 2 });
    assert.deepEqual(vm.map("m").getPerCpu(1), [
      Uint8Array.of(10, 0, 0, 0),
      Uint8Array.of(0, 0, 0, 0),
      Uint8Array.of(20, 0, 0, 0),
    ]);
    assert.deepEqual(vm.map("m").get(1), words(10, 0, 20));
    assert.equal(vm.map("m").number(1), 30n);
  }
});

test("an LRU hash forgets what was used longest ago", () => {
  const vm = machine(testMap("m", "lru_hash", { maxEntries: 2 }), ADD);
  vm.map("m").set(1, 10);
  vm.map("m").set(2, 20);
  vm.run("main", words(1, 0));
  vm.map("m").set(3, 30);
  assert.deepEqual(
    [1, 2, 3].map((key) => vm.map("m").has(key)),
    [true, false, true],
  );
});

test("a trie finds the longest prefix", () => {
  const vm = machine(testMap("m", "lpm_trie", { keySize: 8, valueSize: 4, maxEntries: 3 }), DELETE);
  const map = vm.map("m");
  const key = (bits: number, ...address: number[]): Uint8Array => Uint8Array.of(bits, 0, 0, 0, ...address);
  map.set(key(0, 0, 0, 0, 0), 1);
  map.set(key(8, 10, 0, 0, 0), 2);
  map.set(key(12, 10, 0x1f, 0, 0), 3);
  assert.throws(() => map.set(key(32, 1, 1, 1, 1), 4), /no room/);
  assert.deepEqual(
    [key(32, 10, 0x10, 1, 1), key(32, 10, 0x20, 1, 1), key(32, 11, 0, 0, 0), key(8, 10, 0x10, 1, 1)].map((address) =>
      map.number(address),
    ),
    [3n, 2n, 1n, 2n],
  );
  assert.equal(map.delete(key(12, 10, 0x11, 9, 9)), true);
  assert.equal(map.number(key(32, 10, 0x10, 1, 1)), 2n);
});

const RESERVE = `
  r6 = r1
  r1 = map[m] ll
  r2 = *(u64 *)(r6 + 0)
  r3 = 0
  call bpf_ringbuf_reserve
  if r0 == 0 goto full
  r2 = *(u64 *)(r6 + 8)
  *(u64 *)(r0 + 0) = r2
  r1 = r0
  r2 = 0
  call bpf_ringbuf_submit
  r0 = 0
  exit
  full: r0 = 1
  exit`;

test("a ring is full when its records and their headers fill it", () => {
  const ring = testMap("m", "ringbuf", { keySize: 0, valueSize: 0, maxEntries: 4096 });
  const vm = machine(ring, RESERVE);
  // (8 + 8) bytes each: the 256th would leave producer and consumer at the same place.
  for (let record = 0; record < 255; record++) assert.equal(signed(vm, 8, record), 0);
  assert.equal(signed(vm, 8, 255), 1);
  const records = vm.ring("m").drain();
  assert.equal(records.length, 255);
  assert.deepEqual(records[254], words(254));
  assert.equal(signed(vm, 8, 255), 0);
  assert.deepEqual(vm.ring("m").drain(), [words(255)]);
});

test("a record cannot be used after it was submitted, nor be forgotten", () => {
  const ring = testMap("m", "ringbuf", { keySize: 0, valueSize: 0, maxEntries: 4096 });
  const after = RESERVE.replace("r1 = r0\n", "r1 = r0\nr7 = r0\n").replace(
    "call bpf_ringbuf_submit\n",
    "call bpf_ringbuf_submit\n*(u64 *)(r7 + 0) = 1\n",
  );
  assert.throws(
    () => machine(ring, after).run("main", words(8, 0)),
    /\(\*\(u64 \*\)\(r7 \+ 0\) = 1\).*no memory is there/,
  );
  const forgotten = machine(ring, RESERVE.replace("call bpf_ringbuf_submit\n", ""));
  assert.throws(
    () => forgotten.run("main", words(8, 0)),
    /without submitting or discarding a record that it reserved in ring 'm'/,
  );
  assert.deepEqual(forgotten.ring("m").drain(), []);
});

test("queues give the oldest, stacks the newest; bloom filters what was put in", () => {
  const PUSH = "r2 = r1\nr3 = 0\nr1 = map[m] ll\ncall bpf_map_push_elem\nexit";
  const POP = "r2 = r1\nr1 = map[m] ll\ncall bpf_map_pop_elem\nexit";
  const PEEK = "r2 = r1\nr1 = map[m] ll\ncall bpf_map_peek_elem\nexit";
  const keyless = { keySize: 0, maxEntries: 2 };
  for (const [type, first] of [
    ["queue", 1n],
    ["stack", 2n],
  ] as const) {
    const push = machine(testMap("m", type, keyless), PUSH);
    assert.deepEqual(
      [1, 2, 3].map((value) => signed(push, value)),
      [0, 0, E2BIG],
    );
    assert.deepEqual(push.queue("m").values(), [words(1), words(2)]);
    const pop = machine(testMap("m", type, keyless), POP);
    for (const value of [1, 2]) pop.queue("m").push(value);
    assert.deepEqual(pop.run("main", words(0)).context, words(first));
    assert.equal(pop.queue("m").values().length, 1);
    pop.run("main", words(0));
    assert.equal(signed(pop, 9), ENOENT);
  }
  const bloom = machine(testMap("m", "bloom_filter", keyless), PEEK);
  bloom.bloom("m").push(7);
  assert.deepEqual(
    [7, 8].map((value) => signed(bloom, value)),
    [0, ENOENT],
  );
});

test("programs may not write a read-only map, and see its first content", () => {
  const spec = testMap("m", "array", { maxEntries: 1, flags: 0x80, data: words(42) });
  assert.equal(machine(spec, "r1 = map[m][0]+0 ll\nr0 = *(u64 *)(r1 + 0)\nexit").run("main").result, 42n);
  assert.throws(
    () => machine(spec, "r1 = map[m][0]+4 ll\n*(u32 *)(r1 + 0) = 1\nexit").run("main"),
    /a value of map 'm' is read-only/,
  );
});

test("for_each_map_elem walks all entries, even those it deletes, until told to stop", () => {
  const walk = `
    r2 = func[each] ll
    r3 = r1
    r1 = map[m] ll
    r4 = 0
    call bpf_for_each_map_elem
    exit
  each:
    r6 = r4
    r7 = *(u64 *)(r3 + 0)
    r5 = *(u64 *)(r6 + 0)
    r5 += r7
    *(u64 *)(r6 + 0) = r5
    call bpf_map_delete_elem
    r0 = 0
    if r7 != 30 goto out
    r0 = 1
  out:
    exit`;
  const vm = machine(testMap("m", "hash"), walk);
  for (const key of [1, 2, 3, 4]) vm.map("m").set(key, 10 * key);
  const { result, context } = vm.run("main", words(0));
  assert.equal(result, 3n);
  assert.deepEqual(context, words(60));
  assert.equal(vm.map("m").size, 1);
});
