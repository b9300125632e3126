import assert from "node:assert/strict";
import { test } from "node:test";
import { BpfMap } from "../maps/map.ts";
import { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { pageSize } from "../sys/page-size.ts";
import { Ring } from "./ring.ts";

const SIZE = 4096;
const PAGE = pageSize();
const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;

/** A ring whose kernel side is written by the test, as the kernel documents it. */
class FakeRing {
  readonly consumer: ArrayBuffer = new ArrayBuffer(PAGE);
  readonly producer: ArrayBuffer = new ArrayBuffer(PAGE + 2 * SIZE);
  readonly ring: Ring;
  #position: number;

  constructor(position: number) {
    this.#position = position;
    this.#publish();
    new BigInt64Array(this.consumer)[0] = BigInt(position);
    const kernel = {
      mmap: (_address: number, _length: number, _protection: number, _flags: number, _fd: number, offset: number) =>
        offset === 0 ? 1 : 2,
      view: (address: number) => (address === 1 ? this.consumer : this.producer),
    } as unknown as Kernel;
    const layout = { keySize: 0, valueSize: 0, cpus: 1, stride: 0, entrySize: 0 };
    this.ring = new Ring(
      kernel,
      new BpfMap(kernel, new FileDescriptor(0), { name: "r", type: "ringbuf", maxEntries: SIZE, flags: 0 }, layout),
    );
  }

  get consumed(): number {
    return Number(new BigInt64Array(this.consumer)[0]);
  }

  /** Reserves a record and returns the byte offset of its header in both halves of the data. */
  put(payload: readonly number[], flags: number = 0): number {
    const at = this.#position % SIZE;
    const bytes = [...new Uint8Array(new Uint32Array([(payload.length | flags) >>> 0, 0]).buffer), ...payload];
    for (const [index, byte] of bytes.entries()) this.#write((at + index) % SIZE, byte);
    this.#position += 8 + ((payload.length + 7) & ~7);
    this.#publish();
    return at;
  }

  submit(at: number, length: number): void {
    for (const half of [0, SIZE]) new DataView(this.producer, PAGE).setUint32(at + half, length, true);
  }

  drain(limit?: number): string[] {
    const records: string[] = [];
    this.ring.drain(
      (view, offset, length) =>
        records.push(Buffer.from(view.buffer, view.byteOffset + offset, length).toString("latin1")),
      limit,
    );
    return records;
  }

  #write(at: number, byte: number): void {
    const data = new Uint8Array(this.producer, PAGE);
    data[at] = byte;
    data[at + SIZE] = byte;
  }

  #publish(): void {
    new BigInt64Array(this.producer)[0] = BigInt(this.#position);
  }
}

function text(value: string): number[] {
  return [...Buffer.from(value, "latin1")];
}

test("records are handed out in order and their space is given back", () => {
  const fake = new FakeRing(0);
  for (const word of ["a", "eight888", "ninechars"]) fake.put(text(word));
  assert.equal(fake.ring.used, 16 + 16 + 24);
  assert.deepEqual(fake.drain(), ["a", "eight888", "ninechars"]);
  assert.equal(fake.consumed, 56);
  assert.equal(fake.ring.used, 0);
  assert.deepEqual(fake.drain(), []);
});

test("a record that is not submitted yet holds back those behind it", () => {
  const fake = new FakeRing(0);
  fake.put(text("first"));
  const busy = fake.put(text("busy"), BUSY);
  fake.put(text("last"));
  assert.deepEqual(fake.drain(), ["first"]);
  assert.equal(fake.consumed, 16);
  fake.submit(busy, 4);
  assert.deepEqual(fake.drain(), ["busy", "last"]);
});

test("discarded records are skipped and count for nothing", () => {
  const fake = new FakeRing(0);
  fake.put(text("x"), DISCARDED);
  fake.put(text("y"));
  fake.put(text("z"), DISCARDED);
  assert.equal(
    fake.ring.drain(() => {}),
    1,
  );
  assert.equal(fake.consumed, 48);
});

test("a limit stops after so many records, and the next drain goes on there", () => {
  const fake = new FakeRing(0);
  for (let i = 0; i < 5; i++) fake.put(text(String(i)));
  assert.deepEqual(fake.drain(2), ["0", "1"]);
  assert.deepEqual(fake.drain(), ["2", "3", "4"]);
});

test("positions go beyond 32 bits, and records wrap around the end", () => {
  for (const start of [SIZE - 16, 2 ** 32 - 24, 2 ** 45 + 8]) {
    const fake = new FakeRing(start);
    const want: string[] = [];
    for (let round = 0; round < 300; round++) {
      const word = "w".repeat(round % 60) + round;
      fake.put(text(word));
      want.push(word);
      if (round % 7 === 6) assert.deepEqual(fake.drain(), want.splice(0));
    }
    assert.deepEqual(fake.drain(), want);
    assert.equal(fake.ring.used, 0);
  }
});

test("a visitor that throws loses its own record only", () => {
  const fake = new FakeRing(0);
  for (const word of ["a", "b", "c"]) fake.put(text(word));
  let seen = 0;
  assert.throws(
    () =>
      fake.ring.drain(() => {
        if (++seen === 2) throw new Error("no");
      }),
    /no/,
  );
  assert.deepEqual(fake.drain(), ["c"]);
});
