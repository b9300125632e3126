import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { aluImm, callHelper, exit, load, loadImm64, loadMap, loadMapValue, mov64Imm, withCore } from "./build.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { AsmError } from "./errors.ts";
import { CoreKind } from "./instruction.ts";
import type { Instruction } from "./instruction.ts";
import { layout } from "./layout.ts";
import { LDDW } from "./opcodes.ts";

const MAPS = { map: (name: string): number => (name === "counts" ? 5 : -1) };

const PLAIN = { noNullPrototype: true } as const;
const register = fc.integer({ min: 0, max: 10 });
const offset = fc.integer({ min: -0x8000, max: 0x7fff });
const narrow: fc.Arbitrary<Instruction> = fc.record(
  {
    opcode: fc.integer({ min: 0, max: 255 }).filter((opcode) => opcode !== LDDW),
    dst: register,
    src: register,
    offset,
    imm: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  },
  PLAIN,
);
const wide: fc.Arbitrary<Instruction> = fc.record(
  {
    opcode: fc.constant(LDDW),
    dst: register,
    src: register,
    offset,
    imm: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
  },
  PLAIN,
);

test("every sequence of instructions survives encoding and decoding", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(narrow, wide), { maxLength: 30 }), (instructions) => {
      assert.deepEqual(decode(encode(layout(instructions), MAPS)), instructions);
    }),
    { numRuns: 200 },
  );
});

test("every sequence of whole slots that decodes encodes to the same bytes", () => {
  const slots = fc
    .array(fc.uint8Array({ minLength: 8, maxLength: 8 }), { maxLength: 8 })
    .map((parts) => Buffer.concat(parts));
  fc.assert(
    fc.property(slots, (bytes) => {
      const instructions = attempt(() => decode(bytes));
      // Registers above 10 fit the four bits but no machine.
      fc.pre(instructions !== undefined && instructions.every(({ dst, src }) => dst <= 10 && src <= 10));
      assert.deepEqual(Buffer.from(encode(layout(instructions), MAPS)), bytes);
    }),
    { numRuns: 200 },
  );
});

test("maps are written as their descriptors", () => {
  const bytes = encode(layout([loadMap(1, "counts"), loadMapValue(2, "counts", 24), exit()]), MAPS);
  assert.deepEqual(Buffer.from(bytes).toString("hex").match(/.{16}/g), [
    "1811000005000000",
    "0000000000000000",
    "1822000005000000",
    "0000000018000000",
    "9500000000000000",
  ]);
});

test("an immediate may be given signed or unsigned", () => {
  const signed = encode(layout([mov64Imm(1, -1)]), MAPS);
  assert.deepEqual(encode(layout([mov64Imm(1, 0xffff_ffff)]), MAPS), signed);
  assert.deepEqual(decode(encode(layout([loadImm64(1, -1n)]), MAPS))[0]?.imm, 0xffff_ffff_ffff_ffffn);
});

const refused: readonly (readonly [what: string, instruction: Instruction, message: RegExp])[] = [
  ["a register above R10", { ...exit(), dst: 11 }, /slot 1: 11 does not fit the destination register/],
  ["an offset beyond 16 bits", load(4, 0, 1, 40000), /slot 1: 40000 does not fit the 16-bit offset/],
  [
    "an immediate beyond 32 bits",
    aluImm("ADD", 64, 1, 2 ** 32),
    /slot 1: 4294967296 does not fit the 32-bit immediate/,
  ],
  ["a fraction", callHelper(1.5), /slot 1: 1.5 does not fit the 32-bit immediate/],
  [
    "a CO-RE reference not applied",
    withCore(load(4, 0, 1, 0), { kind: CoreKind.FieldByteOffset, typeId: 3, access: "0:1" }),
    /CO-RE relocation of type 3, access "0:1", was not applied/,
  ],
];
for (const [what, instruction, message] of refused) {
  test(`encoding refuses ${what}`, () => {
    assert.throws(
      () => encode(layout([exit(), instruction]), MAPS),
      (error) => error instanceof AsmError && message.test(error.message),
    );
  });
}

test("decoding refuses half an instruction and half a wide one", () => {
  assert.throws(() => decode(new Uint8Array(12)), /12 bytes are no whole number/);
  assert.throws(() => decode(Uint8Array.of(LDDW, 1, 0, 0, 0, 0, 0, 0)), /slot 0: the second half .* is missing/);
});

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
