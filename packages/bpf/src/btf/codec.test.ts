import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { BtfBuilder } from "./builder.ts";
import type { BtfValue, CodecOptions } from "./codec.ts";
import { codecOf, codecOfShape } from "./codec.ts";
import { layoutText } from "./shape.ts";
import { read } from "./testing.ts";

/** Bytes as hexadecimal digits, blanks ignored. */
function view(hex: string): DataView {
  const digits = hex.replaceAll(" ", "");
  return new DataView(
    Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
      .buffer,
  );
}

function hexOf(data: DataView): string {
  return Buffer.from(data.buffer).toString("hex");
}

const builder = new BtfBuilder();
const u8 = builder.int("unsigned char", 1, "unsigned");
const char = builder.int("char", 1, "signed");
const bool = builder.int("_Bool", 1, "bool");
const u16 = builder.int("unsigned short", 2, "unsigned");
const u32 = builder.int("unsigned int", 4, "unsigned");
const s32 = builder.int("int", 4, "signed");
const u64 = builder.int("unsigned long", 8, "unsigned");
const s64 = builder.int("long", 8, "signed");
const u128 = builder.int("unsigned __int128", 16, "unsigned");
const state = builder.enum("state", 4, false, [
  { name: "CLOSED", value: 0 },
  { name: "OPEN", value: 7 },
]);
const big = builder.enum("big", 8, false, [{ name: "BIG", value: 1n << 40n }]);
const pair = builder.struct("pair", 8, [
  { name: "a", type: u16, bitOffset: 0 },
  { name: "b", type: builder.const(builder.typedef("word", u32)), bitOffset: 32 },
]);
const inner = builder.union("", 4, [
  { name: "addr", type: u32, bitOffset: 0 },
  { name: "octets", type: builder.array(u8, 4), bitOffset: 0 },
]);
const flow = builder.struct("flow", 24, [
  { name: "", type: inner, bitOffset: 0 },
  { name: "ports", type: builder.array(u16, 2), bitOffset: 32 },
  { name: "next", type: builder.ptr(0), bitOffset: 64 },
  { name: "ends", type: builder.array(pair, 1), bitOffset: 128 },
]);
const bits = builder.struct("bits", 8, [
  { name: "low", type: u32, bitOffset: 0, bitSize: 3 },
  { name: "mid", type: s32, bitOffset: 3, bitSize: 7 },
  { name: "flag", type: bool, bitOffset: 10, bitSize: 1 },
  { name: "wide", type: u64, bitOffset: 11, bitSize: 53 },
]);
const comm = builder.array(char, 8);
const hostile = builder.struct("hostile", 4, [{ name: "__proto__", type: u32, bitOffset: 0 }]);
const btf = read(builder);

const rows: readonly { name: string; type: number; hex: string; value: BtfValue; options?: CodecOptions }[] = [
  { name: "u8", type: u8, hex: "fe", value: 254 },
  { name: "bool", type: bool, hex: "01", value: true },
  { name: "s32", type: s32, hex: "feffffff", value: -2 },
  { name: "u64", type: u64, hex: "ffffffffffffffff", value: 0xffff_ffff_ffff_ffffn },
  { name: "s64", type: s64, hex: "feffffffffffffff", value: -2n },
  { name: "u64 as number", type: u64, hex: "0000000001000000", value: 2 ** 32, options: { wide: "number" } },
  { name: "s64 as number", type: s64, hex: "feffffffffffffff", value: -2, options: { wide: "number" } },
  { name: "u128", type: u128, hex: "0100000000000000 0200000000000000", value: (2n << 64n) | 1n },
  { name: "enum", type: state, hex: "07000000", value: 7 },
  { name: "enum by name", type: state, hex: "07000000", value: "OPEN", options: { enums: "name" } },
  { name: "enum without a name", type: state, hex: "08000000", value: 8, options: { enums: "name" } },
  { name: "enum64 by name", type: big, hex: "0000000000010000", value: "BIG", options: { enums: "name" } },
  { name: "char array", type: comm, hex: "6464000000000000", value: Uint8Array.of(100, 100, 0, 0, 0, 0, 0, 0) },
  { name: "char array as text", type: comm, hex: "6464000000000000", value: "dd", options: { text: true } },
  { name: "padding", type: pair, hex: "0100 0000 02000000", value: { a: 1, b: 2 } },
  {
    name: "nested",
    type: flow,
    hex: "7f000001 5000bb01 0010000000000000 0900 0000 0a000000",
    value: {
      addr: 0x0100_007f,
      octets: Uint8Array.of(127, 0, 0, 1),
      ports: [80, 443],
      next: 4096n,
      ends: [{ a: 9, b: 10 }],
    },
  },
  // 5 | (-3 & 127) << 3 | 1 << 10 | (2**52 + 1) << 11
  {
    name: "bit fields",
    type: bits,
    hex: "ed0f000000000080",
    value: { low: 5, mid: -3, flag: true, wide: 2n ** 52n + 1n },
  },
];

for (const { name, type, hex, value, options } of rows) {
  test(`${name}: read from known bytes, and written to them`, () => {
    const codec = codecOf(btf, type, options);
    // In the middle of other bytes, which stay.
    const data = view(`aaaaaa${hex}bb`);
    assert.deepEqual(codec.read(data, 3), value);
    const written = new DataView(new ArrayBuffer(data.byteLength));
    for (let i = 0; i < written.byteLength; i++) written.setUint8(i, 0x55);
    codec.write(written, 3, value);
    assert.equal(hexOf(written), `555555${hex.replaceAll(" ", "")}55`);
  });
}

test("members called as JavaScript's own are members", () => {
  const codec = codecOf<Record<string, number>>(btf, hostile);
  const value = codec.read(view("05000000"), 0);
  assert.deepEqual(Object.entries(value), [["__proto__", 5]]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

test("what does not fit is refused with the way to it", () => {
  const data = new DataView(new ArrayBuffer(24));
  const refusals: readonly [number, unknown, RegExp][] = [
    [u8, 256, /^256 does not fit an unsigned integer of 1 bytes$/],
    [s32, -(2 ** 31) - 1, /does not fit a signed integer of 4 bytes/],
    [u32, 1.5, /^1.5 is not an unsigned integer of 4 bytes$/],
    [flow, { ports: [1, 70_000] }, /^ports\[1\]: 70000 does not fit an unsigned integer of 2 bytes$/],
    [flow, { ends: [{ a: 1, c: 2 }] }, /^ends\[0\]: there is no member "c": it has a, b$/],
    [flow, { ports: [1, 2, 3] }, /^ports: 3 elements do not fit an array of 2$/],
    [comm, "far too long", /^12 bytes do not fit an array of 8$/],
    [state, "GONE", /^the enum has no GONE: it has CLOSED, OPEN$/],
    [bool, 1, /^1 is not a boolean$/],
    [bits, { mid: 64 }, /^mid: 64 does not fit a signed bit field of 7 bits$/],
    [pair, 5, /^5 is not an object with a, b$/],
  ];
  for (const [type, value, want] of refusals)
    assert.throws(() => codecOf<unknown>(btf, type).write(data, 0, value), { name: "CodecError", message: want });
});

test("missing members become zero", () => {
  const data = view("ffffffffffffffff");
  codecOf(btf, pair).write(data, 0, { b: 1 });
  assert.equal(hexOf(data), "0000000001000000");
});

test("any bit field anywhere in a struct is read back, and leaves its neighbours alone", () => {
  const fields = fc.array(
    fc.record({
      bits: fc.integer({ min: 1, max: 64 }),
      signed: fc.boolean(),
      value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    }),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(fields, (list) => {
      const own = new BtfBuilder();
      const types = { true: own.int("long", 8, "signed"), false: own.int("ulong", 8, "unsigned") };
      let at = 0;
      const members = list.map(({ bits: bitSize, signed }, index) => {
        const member = { name: `f${index}`, type: types[`${signed}`], bitOffset: at, bitSize };
        at += bitSize;
        return member;
      });
      const id = own.struct("s", Math.ceil(at / 8), members);
      const codec = codecOf<Record<string, number | bigint>>(read(own), id);
      const value = Object.fromEntries(
        list.map(({ bits: count, signed, value: raw }, index) => {
          const cut = signed ? BigInt.asIntN(count, raw) : BigInt.asUintN(count, raw);
          return [`f${index}`, count <= 32 ? Number(cut) : cut];
        }),
      );
      const data = new DataView(new ArrayBuffer(codec.size));
      codec.write(data, 0, value);
      assert.deepEqual(codec.read(data, 0), value);
    }),
    { numRuns: 200 },
  );
});

test("a shape needs no BTF, and the layout of a type is one line", () => {
  assert.equal(codecOfShape<number>({ kind: "int", size: 2, signed: false }).read(view("0201"), 0), 0x102);
  assert.equal(layoutText(btf, pair), "{0 a u16; 4 b u32} of 8");
  assert.equal(layoutText(btf, comm), "char[8]");
});

test("types without a size have no codec", () => {
  assert.throws(() => codecOf(btf, 0), /BTF type 0 \(void\) has no size/);
});
