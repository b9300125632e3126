/** Perf buffers, user rings and streams, fed by programs on the live kernel. */
import assert from "node:assert/strict";
import { assemble } from "@sonde/bpf/asm";
import { BtfBuilder } from "@sonde/bpf/btf";
import type { MapSpec, ObjectSpec } from "@sonde/bpf/spec";
import type { Collection } from "../collection/collection.ts";
import { loadCollection } from "../collection/load.ts";
import { testMap, testObject } from "../collection/test-object.ts";
import { createMap } from "../maps/create.ts";
import { typedMap } from "../maps/typed.ts";
import { UnsupportedFeatureError } from "../sys/errors.ts";
import { leaked, openKernelDescriptors } from "../sys/leaks.ts";
import { openKernel } from "../sys/linux.ts";
import { pageSize } from "../sys/page-size.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { PerfBuffer } from "./perf-buffer.ts";
import { Ring } from "./ring.ts";
import { stream } from "./stream.ts";
import { UserRing } from "./user-ring.ts";

const kernel = openKernel();
const vmlinux = (): undefined => undefined;
const noKey = { keySize: 0, valueSize: 0 };

/** Outputs `size` bytes that begin with the number from its first argument; returns the helper's answer. */
function outputs(size: number): string {
  const clear = Array.from({ length: size / 8 }, (_, i) => `*(u64 *)(r10 - ${8 * (i + 1)}) = 0`);
  return `
    r6 = *(u64 *)(r1 + 0)
    ${clear.join("\n")}
    *(u64 *)(r10 - ${size}) = r6
    r2 = map[events] ll
    r3 = 0xffffffff ll
    r4 = r10
    r4 += -${size}
    r5 = ${size}
    call bpf_perf_event_output
    exit`;
}

function open(instructions: string, ...maps: MapSpec[]): Collection {
  return loadCollection(kernel, testObject([{ instructions: assemble(instructions) }], maps), { vmlinux });
}

function run(collection: Collection, argument: number): number {
  const context = new Uint8Array(new BigUint64Array([BigInt(argument)]).buffer);
  return collection.program("main").testRun({ context }).returned | 0;
}

const events = testMap("events", "perf_event_array", { maxEntries: 0 });

kernelTest("every sample of a perf buffer arrives once, in order, over many turns of the ring", () => {
  // 40 bytes and 12 of header and length: records wrap around at every multiple of 8.
  using collection = open(outputs(40), events);
  using buffer = new PerfBuffer(kernel, collection.map("events"), { pages: 1 });
  const seen: number[] = [];
  for (let n = 0; n < 2000; n++) {
    assert.equal(run(collection, n), 0);
    if (n % 50 === 49)
      buffer.drain((view, offset, length) => {
        assert.ok(length >= 40 && length < 48, `${length} bytes`);
        seen.push(view.getUint32(offset, true));
        for (let at = 8; at < 40; at += 8) assert.equal(view.getBigUint64(offset + at, true), 0n);
      });
  }
  // The test may have moved from one CPU to another in between.
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    Array.from({ length: 2000 }, (_, n) => n),
  );
  assert.equal(buffer.lost, 0);
});

kernelTest("samples that do not fit are counted: read + lost = made", () => {
  using collection = open(outputs(40), events);
  using buffer = new PerfBuffer(kernel, collection.map("events"), { pages: 1 });
  const made = 1000;
  let refused = 0;
  for (let n = 0; n < made; n++) if (run(collection, n) !== 0) refused++;
  let read = buffer.drain(() => {});
  assert.ok(refused > 0);
  assert.equal(read + refused, made);
  // Older kernels tell with the next samples that fit, each CPU for itself.
  let more = 0;
  for (; buffer.lost < refused && more < 200; more++) {
    assert.equal(run(collection, made), 0);
    read += buffer.drain(() => {});
  }
  assert.equal(read + buffer.lost, made + more);
  assert.equal(
    buffer.drain(() => {}, 0),
    0,
  );
});

kernelTest("perf buffers come and go without a descriptor left, refused ones too", () => {
  const before = openKernelDescriptors();
  for (let i = 0; i < 50; i++) {
    using map = createMap(kernel, events);
    new PerfBuffer(kernel, map).close();
    assert.throws(() => new PerfBuffer(kernel, map, { pages: 3 }), { call: "mmap", code: "EINVAL" });
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  using hash = createMap(kernel, testMap("hash", "hash"));
  assert.throws(() => new PerfBuffer(kernel, hash), /is no perf event array/);
});

/** Submits its first argument; flags 0: with a wake-up if the reader has caught up, 1: without. */
function submits(flags: number): string {
  return `
    r6 = *(u64 *)(r1 + 0)
    *(u64 *)(r10 - 8) = r6
    r1 = map[ring] ll
    r2 = r10
    r2 += -8
    r3 = 8
    r4 = ${flags}
    call bpf_ringbuf_output
    exit`;
}

const decode = (view: DataView, offset: number): number => view.getUint32(offset, true);

for (const [name, flags, interval] of [
  ["epoll", 0, undefined],
  ["timer", 1, 5],
] as const) {
  kernelTest(`a ring buffer as a stream, by ${name}`, { needs: ["ringbuf"], timeout: 20_000 }, async () => {
    using collection = open(submits(flags), testMap("ring", "ringbuf", { ...noKey, maxEntries: 4096 }));
    using ring = new Ring(kernel, collection.map("ring"));
    const end = new AbortController();
    const seen: number[] = [];
    // The stream waits first: were the event loop blocked by that, this would never run.
    setTimeout(() => {
      for (let n = 0; n < 100; n++) assert.equal(run(collection, n), 0);
    }, 60);
    const options = { decode, signal: end.signal, ...(interval !== undefined && { interval }) };
    for await (const n of stream(kernel, ring, options)) {
      seen.push(n);
      if (n === 99) {
        // What is there at the end is read.
        run(collection, 100);
        end.abort();
      }
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 101 }, (_, n) => n),
    );
  });
}

kernelTest("a consumer that stops ends the stream", { needs: ["ringbuf"] }, async () => {
  using collection = open(submits(0), testMap("ring", "ringbuf", { ...noKey, maxEntries: 4096 }));
  using ring = new Ring(kernel, collection.map("ring"));
  for (let n = 0; n < 3; n++) run(collection, n);
  const first: Uint8Array[] = [];
  for await (const record of stream(kernel, ring)) {
    first.push(record);
    break;
  }
  assert.deepEqual(first, [new Uint8Array(8)]);
});

/** A program that drains the user ring and adds up what it finds; returns how many records there were. */
function drainer(): ObjectSpec {
  const builder = new BtfBuilder();
  const long = builder.int("long", 8, "signed");
  const pointer = builder.ptr(0);
  const prototype = builder.funcProto(long, [
    { name: "record", type: pointer },
    { name: "context", type: pointer },
  ]);
  const callback = builder.func("each", prototype, "static");
  const instructions = assemble(`
    r1 = map[user] ll
    r2 = func[each] ll
    r3 = 0
    r4 = 0
    call bpf_user_ringbuf_drain
    exit
  each:
    r3 = r1
    *(u64 *)(r10 - 8) = 0
    r1 = r10
    r1 += -8
    r2 = 8
    r4 = 0
    r5 = 0
    call bpf_dynptr_read
    r1 = map[sum][0]+0 ll
    r2 = *(u64 *)(r10 - 8)
    lock *(u64 *)(r1 + 0) += r2
    r0 = 0
    exit`);
  const maps = [
    testMap("user", "user_ringbuf", { ...noKey, maxEntries: pageSize() }),
    testMap("sum", "array", { maxEntries: 1 }),
  ];
  const object = testObject([{ instructions }], maps, builder);
  const programs = object.programs.map((program) => ({
    ...program,
    functions: new Map([...program.functions, ["each", callback]]),
  }));
  return { ...object, programs };
}

kernelTest("a program drains what user space writes", () => {
  using probe = createMap(kernel, testMap("user", "user_ringbuf", { ...noKey, maxEntries: pageSize() }));
  assert.ok(probe.maxEntries >= pageSize());
  using collection = loadCollection(kernel, drainer(), { vmlinux });
  using ring = new UserRing(kernel, collection.map("user"));
  const sum = typedMap<number, bigint>(collection.map("sum"));
  let want = 0n;
  let made = 0;
  const number = (n: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(n)).buffer);
  for (let round = 0; round < 50; round++) {
    let written = 0;
    while (ring.write(number(made + 1))) {
      want += BigInt(++made);
      written++;
    }
    assert.equal(written, pageSize() / 16);
    assert.equal(run(collection, 0), written);
    assert.equal(sum.get(0), want);
  }
  const discarded = ring.reserve(8);
  discarded?.view.setBigUint64(0, 1000n, true);
  discarded?.discard();
  const pending = ring.reserve(8);
  pending?.view.setBigUint64(0, 5n, true);
  ring.write(number(7));
  // Nothing behind a record that is still written to.
  assert.equal(run(collection, 0), 0);
  pending?.submit();
  assert.equal(run(collection, 0), 2);
  assert.equal(sum.get(0), want + 12n);
  assert.throws(() => pending?.submit(), /submitted or discarded already/);
  assert.throws(() => ring.reserve(pageSize()), RangeError);
});

kernelTest("a user ring on a kernel without it is an unsupported feature", () => {
  const spec = testMap("user", "user_ringbuf", { ...noKey, maxEntries: pageSize() });
  const older = { ...kernel, bpf: () => -22 };
  assert.throws(
    () => createMap(older, spec),
    (error) => error instanceof UnsupportedFeatureError && error.since === "6.1",
  );
});
