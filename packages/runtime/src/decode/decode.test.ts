import assert from "node:assert/strict";
import { test } from "node:test";
import type { DataType, ValueView } from "@sonde/bpf/spec";
import { Bytes } from "./bytes.ts";
import { decoderOf } from "./decoder.ts";
import { add, divide } from "./integer.ts";
import { readerOf } from "./reading.ts";

function bytesOf(size: number, write: (view: DataView) => void): Bytes {
  const view = new DataView(new ArrayBuffer(size));
  write(view);
  return new Bytes(view);
}

const HELLO = Buffer.from("hello\0rubbish");

test("values of every type are decoded", () => {
  const cases: readonly { name: string; type: DataType; bytes: Uint8Array; want: unknown }[] = [
    { name: "u8", type: { kind: "int", size: 1, signed: false }, bytes: Uint8Array.of(0xff), want: 255 },
    { name: "s16", type: { kind: "int", size: 2, signed: true }, bytes: Uint8Array.of(0xfe, 0xff), want: -2 },
    {
      name: "u32",
      type: { kind: "int", size: 4, signed: false },
      bytes: Uint8Array.of(0, 0, 0, 0x80),
      want: 2147483648,
    },
    { name: "s64", type: { kind: "int", size: 8, signed: true }, bytes: new Uint8Array(8).fill(255), want: -1 },
    {
      name: "u64",
      type: { kind: "int", size: 8, signed: false },
      bytes: new Uint8Array(8).fill(255),
      want: 2n ** 64n - 1n,
    },
    {
      name: "s64 least",
      type: { kind: "int", size: 8, signed: true },
      bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80),
      want: -(2n ** 63n),
    },
    { name: "bool", type: { kind: "bool", size: 1 }, bytes: Uint8Array.of(1), want: true },
    { name: "string with rubbish behind", type: { kind: "string", size: 13 }, bytes: HELLO, want: "hello" },
    { name: "string that is full", type: { kind: "string", size: 3 }, bytes: HELLO, want: "hel" },
    {
      name: "string, UTF-8",
      type: { kind: "string", size: 8 },
      bytes: Buffer.from("d\u00e9j\u00e0 \u20ac\0\0").subarray(0, 8),
      want: "d\u00e9j\u00e0 \udce2",
    },
    {
      name: "string, not UTF-8",
      type: { kind: "string", size: 3 },
      bytes: Uint8Array.of(0x41, 0xff, 0xc0),
      want: "A\udcff\udcc0",
    },
    {
      name: "string with U+FFFD",
      type: { kind: "string", size: 4 },
      bytes: Uint8Array.of(0xef, 0xbf, 0xbd, 0xed),
      want: "\ufffd\udced",
    },
    {
      name: "buffer",
      type: { kind: "buffer", size: 8 },
      bytes: Uint8Array.of(2, 0, 0, 0, 7, 8, 9, 9),
      want: Uint8Array.of(7, 8),
    },
    {
      name: "buffer with a length beyond its room",
      type: { kind: "buffer", size: 6 },
      bytes: Uint8Array.of(9, 0, 0, 0, 7, 8, 9),
      want: Uint8Array.of(7, 8),
    },
    {
      name: "pointer",
      type: { kind: "pointer", size: 8 },
      bytes: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0xff),
      want: { kind: "pointer", address: 0xff00000000000001n },
    },
    {
      name: "enum",
      type: { kind: "enum", size: 4, signed: true, names: { "-1": "NONE" } },
      bytes: new Uint8Array(4).fill(255),
      want: { kind: "enum", value: -1, name: "NONE" },
    },
    {
      name: "tuple",
      type: {
        kind: "tuple",
        size: 8,
        fields: [
          { offset: 0, type: { kind: "int", size: 4, signed: false } },
          { offset: 4, type: { kind: "string", size: 4 } },
        ],
      },
      bytes: Uint8Array.of(5, 0, 0, 0, 0x61, 0, 0, 0),
      want: { kind: "tuple", items: [5, "a"] },
    },
    {
      name: "record",
      type: {
        kind: "record",
        size: 2,
        fields: [{ name: "a", offset: 1, type: { kind: "int", size: 1, signed: false } }],
      },
      bytes: Uint8Array.of(1, 2),
      want: { kind: "record", fields: [{ name: "a", value: 2 }] },
    },
    {
      name: "array",
      type: { kind: "array", size: 4, length: 2, element: { kind: "int", size: 2, signed: false } },
      bytes: Uint8Array.of(1, 0, 2, 0),
      want: [1, 2],
    },
    {
      name: "stack",
      type: { kind: "stack", size: 16, user: true, map: "stacks", mode: "perf", frames: 3 },
      bytes: Uint8Array.of(0xf2, 255, 255, 255, 255, 255, 255, 255, 9, 0, 0, 0, 0, 0, 0, 0),
      want: { kind: "stack", id: -14, pid: 9, user: true, map: "stacks", mode: "perf", frames: 3 },
    },
    {
      name: "user symbol",
      type: { kind: "symbol", size: 16, user: true },
      bytes: Uint8Array.of(16, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0),
      want: { kind: "symbol", address: 16n, user: true, pid: 7 },
    },
  ];
  for (const { name, type, bytes, want } of cases) {
    // Behind a few other bytes: offsets count from where decoding starts.
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    assert.deepEqual(decoderOf(type)(new Bytes(shifted), 3), want, name);
  }
});

test("CPUs' values are merged by the kind's rule", () => {
  const layout = { cpus: 2, stride: 16 };
  const of = (a: readonly [bigint, bigint], b: readonly [bigint, bigint]): Bytes =>
    bytesOf(32, (view) => [...a, ...b].forEach((word, i) => view.setBigInt64(i * 8, word, true)));
  const cases: readonly { view: ValueView; bytes: Bytes; want: unknown }[] = [
    { view: { kind: "count", perCpu: true }, bytes: of([3n, 0n], [4n, 0n]), want: { kind: "count", value: 7 } },
    {
      view: { kind: "sum", signed: true, perCpu: true },
      bytes: of([-3n, 1n], [1n, 1n]),
      want: { kind: "sum", value: -2 },
    },
    {
      view: { kind: "min", signed: true, perCpu: true },
      bytes: of([5n, 1n], [0n, 0n]),
      want: { kind: "min", value: 5 },
    },
    {
      view: { kind: "max", signed: true, perCpu: true },
      bytes: of([0n, 0n], [-5n, 1n]),
      want: { kind: "max", value: -5 },
    },
    {
      view: { kind: "max", signed: false, perCpu: true },
      bytes: of([-5n, 1n], [9n, 1n]),
      want: { kind: "max", value: 2n ** 64n - 5n },
    },
    {
      view: { kind: "avg", signed: true, perCpu: true },
      bytes: of([10n, 2n], [5n, 1n]),
      want: { kind: "avg", count: 3, total: 15 },
    },
    {
      view: { kind: "hist", bits: 0, buckets: 2, perCpu: true },
      bytes: of([1n, 2n], [0n, 5n]),
      want: { kind: "hist", counts: Float64Array.of(1, 7), total: undefined },
    },
    {
      view: { kind: "lhist", min: 0, max: 0, step: 1, buckets: 1, totalOffset: 8, perCpu: true },
      bytes: of([2n, -3n], [1n, 1n]),
      want: { kind: "lhist", counts: Float64Array.of(3), total: -2 },
    },
  ];
  for (const { view, bytes, want } of cases) {
    assert.deepEqual(readerOf(view, layout, false)(bytes, 0), want, view.kind);
  }
});

test("CPUs' time series are put together interval by interval, old rounds left out", () => {
  const slots = [
    [7n, 5n, 2n],
    [4n, 9n, 1n],
    [0n, 0n, 0n],
    [7n, -2n, 3n],
    [2n, 8n, 9n],
    [6n, 1n, 1n],
  ];
  const bytes = bytesOf(144, (view) => slots.flat().forEach((word, i) => view.setBigInt64(i * 8, word, true)));
  const kept: Readonly<Record<string, readonly (readonly [bigint, number])[]>> = {
    last: [[6n, 1], [7n, -2]], // prettier-ignore
    min: [[6n, 1], [7n, -2]], // prettier-ignore
    max: [[6n, 1], [7n, 5]], // prettier-ignore
    sum: [[6n, 1], [7n, 3]], // prettier-ignore
    avg: [[6n, 1], [7n, 0]], // prettier-ignore
  };
  for (const keep of ["last", "min", "max", "sum", "avg"] as const) {
    const view: ValueView = { kind: "tseries", interval: 1e9, intervals: 3, keep, signed: true, perCpu: true };
    const points = kept[keep]?.map(([number, value]) => ({ number, value }));
    assert.deepEqual(readerOf(view, { cpus: 2, stride: 72 }, false)(bytes, 0), { kind: "tseries", points }, keep);
  }
});

test("what was never written is absent without keys, and zero under a key", () => {
  const zeros = new Bytes(new Uint8Array(16));
  const layout = { cpus: 1, stride: 16 };
  const views: readonly ValueView[] = [
    { kind: "count", perCpu: true },
    { kind: "sum", signed: true, perCpu: true },
    { kind: "min", signed: true, perCpu: true },
    { kind: "stats", signed: true, perCpu: true },
    { kind: "lhist", min: 0, max: 0, step: 1, buckets: 2, perCpu: true },
  ];
  for (const view of views) {
    assert.equal(readerOf(view, layout, false)(zeros, 0), undefined, view.kind);
    assert.notEqual(readerOf(view, layout, true)(zeros, 0), undefined, view.kind);
  }
  const scalar: ValueView = { kind: "scalar", type: { kind: "int", size: 8, signed: true }, setOffset: 8 };
  assert.equal(readerOf(scalar, layout, false)(zeros, 0), undefined);
  const set = bytesOf(16, (view) => view.setUint32(8, 1, true));
  assert.deepEqual(readerOf(scalar, layout, false)(set, 0), { kind: "scalar", value: 0 });
});

test("arithmetic is exact and wraps at 64 bits", () => {
  assert.equal(add(2 ** 53 - 1, 2, false), 2n ** 53n + 1n);
  assert.equal(add(2n ** 63n - 1n, 1, true), -(2n ** 63n));
  assert.equal(add(2n ** 64n - 1n, 2, false), 1);
  assert.equal(divide(-7, 2), -3);
  assert.ok(Object.is(divide(-1, 2), 0));
  assert.equal(divide(2n ** 60n, 2), 2n ** 59n);
});
