import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { assemble } from "./assemble.ts";
import { AssemblyError } from "./assemble-cursor.ts";
import { disassemble } from "./disassemble.ts";
import { encode } from "./encode.ts";
import { CoreKind } from "./instruction.ts";
import type { Instruction, Reference } from "./instruction.ts";
import { layout } from "./layout.ts";
import { AluOp, AtomicOp, Class, JumpOp, LDDW, Mode, Pseudo, sizeBits, Source } from "./opcodes.ts";

const RESOLVER = { map: () => 0 };

function hex(text: string): string {
  return Buffer.from(encode(layout(assemble(text)), RESOLVER)).toString("hex");
}

/** Text as llvm-mc, the kernel's instruction-set document and its verifier log write it, with the bytes they give. */
const SAMPLES: readonly (readonly [text: string, bytes: string])[] = [
  ["r1 = r2", "bf21000000000000"],
  ["w1 -= 5", "1401000005000000"],
  ["r1 = -7", "b7010000f9ffffff"],
  ["w1 = -w1", "8401000000000000"],
  ["r1 = be16 r1", "dc01000010000000"],
  ["r1 = bswap32 r1", "d701000020000000"],
  ["r1 = (s8)r2", "bf21080000000000"],
  ["r2 = addr_space_cast(r1, 0, 1)", "bf12010001000000"],
  ["r3 = addr_space_cast(r3, 1, 0)", "bf33010000000100"],
  ["w1 = (s16)w2", "bc21100000000000"],
  ["r1 s/= r2", "3f21010000000000"],
  ["w1 s%= 5", "9401010005000000"],
  ["r2 s>>= 63", "c70200003f000000"],
  ["r0 = *(u8 *)(r1 + 4)", "7110040000000000"],
  ["r0 = *(s16 *)(r1 + 4)", "8910040000000000"],
  ["*(u64 *)(r10 - 8) = r3", "7b3af8ff00000000"],
  ["*(u32 *)(r10 - 8) = 0x10", "620af8ff10000000"],
  ["goto +3", "0500030000000000"],
  ["gotol -70000", "0600000090eefeff"],
  ["may_goto +2", "e500020000000000"],
  ["if w1 == 7 goto +2", "1601020007000000"],
  ["if r1 & r2 goto -1", "4d21ffff00000000"],
  ["exit", "9500000000000000"],
  ["call 14", "850000000e000000"],
  ["call bpf_map_lookup_elem", "8500000001000000"],
  ["call pc+5", "8510000005000000"],
  ["r1 = 1311768467463790320 ll", "18010000f0debc9a0000000078563412"],
  ["r1 = 0x123456789abcdef0 ll", "18010000f0debc9a0000000078563412"],
  ["r1 = -2 ll", "18010000feffffff00000000ffffffff"],
  ["r0 = *(u16 *)skb[r3]", "4830000000000000"],
  ["lock *(u64 *)(r1 + 0) += r2", "db21000000000000"],
  ["lock *(u32 *)(r1 + 4) += w2", "c321040000000000"],
  ["r2 = xchg_64(r1 + 0, r2)", "db210000e1000000"],
  ["w0 = cmpxchg32_32(r1 + 0, w0, w2)", "c3210000f1000000"],
  ["r3 = load_acquire((u32 *)(r1 + 4))", "c313040000010000"],
  // What only the verifier's log writes.
  ["12: (79) r0 = *(u64 *)(r10 -8)", "79a0f8ff00000000"],
  ["3: (15) if r0 == 0x0 goto pc+2", "1500020000000000"],
  ["(85) call bpf_ktime_get_ns#5", "8500000005000000"],
  ["(db) r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)", "db21000001000000"],
  ["(c3) w2 = atomic_xchg((u32 *)(r1 +0), w2)", "c3210000e1000000"],
  ["(db) r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)", "db210000f1000000"],
  ["(61) w1 = *(u32 *)(r2 +0)", "6121000000000000"],
];

test("text of LLVM, the instruction-set document and the verifier gives their bytes", () => {
  for (const [text, bytes] of SAMPLES) assert.equal(hex(text), bytes, text);
});

test("a program with labels, comments, maps and subprograms", () => {
  const program = assemble(`
    main: entry:               // two names for one place
      r1 = map[counts] ll      ; the map
      r2 = map[.bss][0]+8 ll   # a global
      r3 = func[each] ll
      call each
      if r0 s< -1 goto out
      goto entry
    out: exit
    each:
      gotol each`);
  assert.deepEqual(
    program.map(({ label, ref }) => [label, ref]),
    [
      ["main", { kind: "map", map: "counts" }],
      [undefined, { kind: "mapValue", map: ".bss", offset: 8 }],
      [undefined, { kind: "func", label: "each" }],
      [undefined, { kind: "call", label: "each" }],
      [undefined, { kind: "jump", label: "out" }],
      [undefined, { kind: "jump", label: "main" }],
      ["out", undefined],
      ["each", { kind: "jump", label: "each" }],
    ],
  );
  const { instructions } = layout(program);
  assert.equal(instructions[5]!.offset, -9);
  assert.equal(instructions[7]!.imm, -1);
});

test("what is wrong is said with its line and column", () => {
  const rows: readonly (readonly [text: string, line: number, column: number, message: RegExp])[] = [
    ["r1 = ", 1, 6, /expected a 32-bit immediate, found the end of the line/],
    ["exit\n  r11 = 0", 2, 3, /registers are r0 to r10/],
    ["r1 += w2", 1, 7, /both registers must have 64 bits: write r2/],
    ["r1 = 0x1ffffffff", 1, 6, /8589934591 does not fit a 32-bit immediate/],
    ["r1 = 18446744073709551616 ll", 1, 6, /does not fit 64 bits/],
    ["r0 = *(u64 *)(r1 + 40000)", 1, 20, /40000 does not fit a 16-bit offset/],
    ["r0 = *(u7 *)(r1 + 4)", 1, 7, /expected \(u8 \*\).*found "\(u7"/],
    ["*(s32 *)(r1 + 4) = 5", 1, 2, /only loads extend the sign/],
    ["r0 = *(u32 *)(w1 + 4)", 1, 15, /an address has 64 bits/],
    ["if r1 = 5 goto out", 1, 7, /expected a comparison/],
    ["if r1 == 5 out", 1, 12, /expected "goto"/],
    ["exit\ngoto nowhere", 2, 6, /there is no label "nowhere"/],
    ["call nowhere", 1, 6, /there is no label "nowhere"/],
    ["a: exit\na: exit", 2, 1, /label "a" is defined twice/],
    ["exit\nend:", 2, 1, /label "end" stands before no instruction/],
    ["exit now", 1, 6, /expected the end of the instruction, found "now"/],
    ["mov r1, r2", 1, 1, /expected an instruction, found "mov"/],
    ["r1 = be16 r2", 1, 11, /needs r1 on both sides/],
    ["lock *(u16 *)(r1 + 0) += r2", 1, 26, /32 or 64 bits/],
    ["r3 = xchg_64(r1 + 0, r2)", 1, 22, /write r3/],
    ["w1 = 5 ll", 1, 6, /needs a register r/],
    ["r1 ?= 5", 1, 4, /expected = or an operator/],
  ];
  for (const [text, line, column, message] of rows) {
    assert.throws(
      () => assemble(text),
      (error) => {
        assert.ok(error instanceof AssemblyError, text);
        assert.match(error.message, message, text);
        assert.deepEqual([error.line, error.column], [line, column], `${text}: ${error.message}`);
        return true;
      },
    );
  }
});

const imm32 = fc.oneof(fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }), fc.constantFrom(0, -1, 1));
const register = fc.integer({ min: 0, max: 10 });
const offset = fc.integer({ min: -0x8000, max: 0x7fff });
const wide = fc.boolean();
const label = fc.constantFrom("main", "out", ".L_3", "loop-2", "tracepoint:sched:sched_switch");

function of(opcode: number, fields: Partial<Instruction> = {}): Instruction {
  return { opcode, dst: 0, src: 0, offset: 0, imm: 0, ...fields };
}

const BINARY = ["ADD", "SUB", "MUL", "DIV", "OR", "AND", "LSH", "RSH", "MOD", "XOR", "MOV", "ARSH"] as const;
const COMPARISONS = ["JEQ", "JGT", "JGE", "JSET", "JNE", "JSGT", "JSGE", "JLT", "JLE", "JSLT", "JSLE"] as const;
const FETCHING = ["FETCH_ADD", "FETCH_OR", "FETCH_AND", "FETCH_XOR", "XCHG", "CMPXCHG"] as const;

const alu = fc
  .tuple(fc.constantFrom(...BINARY), wide, wide, register, register, imm32, wide)
  .map(([op, is64, fromRegister, dst, src, imm, signed]) =>
    of((is64 ? Class.ALU64 : Class.ALU) | (fromRegister ? Source.X : Source.K) | AluOp[op], {
      dst,
      ...(fromRegister ? { src } : { imm }),
      offset: signed && (op === "DIV" || op === "MOD") ? 1 : 0,
    }),
  );
const inPlace = fc
  .tuple(register, fc.constantFrom(16, 32, 64))
  .chain(([dst, bits]) =>
    fc.constantFrom(
      of(Class.ALU64 | AluOp.NEG, { dst }),
      of(Class.ALU | AluOp.NEG, { dst }),
      of(Class.ALU | AluOp.END, { dst, imm: bits }),
      of(Class.ALU | Source.X | AluOp.END, { dst, imm: bits }),
      of(Class.ALU64 | AluOp.END, { dst, imm: bits }),
    ),
  );
const extension = fc
  .tuple(wide, register, register, fc.constantFrom(8, 16, 32))
  .map(([is64, dst, src, bits]) =>
    of((is64 ? Class.ALU64 : Class.ALU) | Source.X | AluOp.MOV, { dst, src, offset: bits }),
  );
const memory = fc
  .tuple(
    fc.constantFrom(1, 2, 4, 8),
    register,
    register,
    offset,
    imm32,
    fc.constantFrom("load", "sign", "store", "imm"),
  )
  .map(([size, dst, src, offset, imm, kind]) => {
    const bits = sizeBits(size);
    switch (kind) {
      case "sign":
        return of(Class.LDX | Mode.MEMSX | (size === 8 ? 0 : bits), { dst, src, offset });
      case "store":
        return of(Class.STX | Mode.MEM | bits, { dst, src, offset });
      case "imm":
        return of(Class.ST | Mode.MEM | bits, { dst, offset, imm });
      default:
        return of(Class.LDX | Mode.MEM | bits, { dst, src, offset });
    }
  });
const atomic = fc
  .tuple(
    fc.constantFrom(4, 8),
    register,
    register,
    offset,
    fc.constantFrom(...FETCHING, "ADD", "OR", "AND", "XOR", "LOAD_ACQ", "STORE_REL"),
  )
  .map(([size, dst, src, offset, op]) =>
    of(Class.STX | Mode.ATOMIC | sizeBits(size), { dst, src, offset, imm: AtomicOp[op as "ADD"] }),
  );
const jumps = fc
  .tuple(
    fc.constantFrom(...COMPARISONS),
    wide,
    wide,
    register,
    register,
    imm32,
    offset,
    fc.option(label, { nil: undefined }),
  )
  .chain(([op, is64, fromRegister, dst, src, imm, distance, target]) => {
    const place = target === undefined ? { offset: distance } : { ref: { kind: "jump", label: target } as Reference };
    return fc.constantFrom(
      of((is64 ? Class.JMP : Class.JMP32) | (fromRegister ? Source.X : Source.K) | JumpOp[op], {
        dst,
        ...(fromRegister ? { src } : { imm }),
        ...place,
      }),
      of(Class.JMP | JumpOp.JA, place),
      of(Class.JMP | JumpOp.JCOND, place),
      of(Class.JMP32 | JumpOp.JA, target === undefined ? { imm } : place),
      of(Class.JMP | JumpOp.EXIT),
    );
  });
const calls = fc.tuple(fc.integer({ min: 1, max: 1000 }), imm32, label).chain(([id, distance, target]) =>
  fc.constantFrom(
    of(Class.JMP | JumpOp.CALL, { imm: id }),
    of(Class.JMP | JumpOp.CALL, { src: Pseudo.KFUNC_CALL, imm: id }),
    of(Class.JMP | JumpOp.CALL, { src: Pseudo.CALL, imm: distance }),
    of(Class.JMP | JumpOp.CALL, { src: Pseudo.CALL, imm: -1, ref: { kind: "call", label: target } }),
    of(Class.JMP | JumpOp.CALL, {
      src: Pseudo.KFUNC_CALL,
      imm: -1,
      ref: { kind: "ksym", symbol: target ?? "bpf_iter_num_new" },
    }),
  ),
);
const loads = fc
  .tuple(register, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), imm32, label, register)
  .chain(([dst, imm, small, name, src]) =>
    fc.constantFrom(
      of(LDDW, { dst, imm }),
      of(LDDW, { dst, imm: imm & 0xffff_ffffn, src: Pseudo.MAP_FD }),
      of(LDDW, { dst, imm, src: Pseudo.MAP_VALUE }),
      of(LDDW, { dst, imm: imm & 0xffff_ffffn, src: Pseudo.BTF_ID }),
      of(LDDW, { dst, imm: imm & 0xffff_ffffn, src: Pseudo.FUNC }),
      of(LDDW, { dst, imm: 0n, src: Pseudo.MAP_FD, ref: { kind: "map", map: name } }),
      of(LDDW, { dst, imm: 0n, src: Pseudo.MAP_VALUE, ref: { kind: "mapValue", map: name, offset: small >>> 1 } }),
      of(LDDW, { dst, imm: 0n, src: Pseudo.FUNC, ref: { kind: "func", label: name } }),
      of(Class.LD | Mode.ABS | sizeBits(2), { imm: small }),
      of(Class.LD | Mode.IND | sizeBits(4), { src, imm: small }),
    ),
  );
const core = fc
  .tuple(fc.constantFrom(...Object.values(CoreKind)), fc.nat(), register)
  .map(([kind, typeId, dst]) =>
    of(Class.ALU64 | AluOp.MOV, { dst, imm: 8, ref: { kind: "core", relocation: { kind, typeId, access: "0:1:2" } } }),
  );

/** Every label is defined once: the first instructions carry them. */
const program = fc
  .array(fc.oneof(alu, inPlace, extension, memory, atomic, jumps, calls, loads, core), { minLength: 5, maxLength: 40 })
  .map((instructions) => {
    const labels = ["main", "out", ".L_3", "loop-2", "tracepoint:sched:sched_switch"];
    return instructions.map((instruction, index) =>
      index < labels.length ? { ...instruction, label: labels[index]! } : instruction,
    );
  });

test("assembling what was disassembled gives the same instructions", () => {
  fc.assert(
    fc.property(program, (instructions) => {
      assert.deepEqual(assemble(disassemble(instructions)), instructions);
    }),
    { numRuns: 500 },
  );
});

test("what is no instruction keeps its fields", () => {
  const odd = { opcode: 0xff, dst: 2, src: 1, offset: -3, imm: 4 };
  assert.deepEqual(assemble(disassemble([odd])), [odd]);
});
