/**
 * One small constructor for each kind of instruction. They say nothing about whether the kernel
 * will accept it; they only make the opcode right. Labels, sources and relocations are put on by
 * {@link withLabel}, {@link withSource} and {@link withCore}.
 */
import type { CoreRelocation, Instruction, Reference, SourcePosition } from "./instruction.ts";
import { AluOp, AtomicOp, Class, JumpOp, LDDW, Mode, Pseudo, sizeBits, Source } from "./opcodes.ts";
import type { AccessSize, Comparison } from "./opcodes.ts";

/** Width of an operation in bits; a 32-bit one zeroes the upper half of its destination. */
export type Width = 32 | 64;

/** Operations with two operands; NEG and END have constructors of their own. */
export type BinaryOp = Exclude<AluOp, "NEG" | "END">;

function make(
  opcode: number,
  dst: number,
  src: number,
  offset: number,
  imm: number | bigint,
  ref?: Reference,
): Instruction {
  return ref === undefined ? { opcode, dst, src, offset, imm } : { opcode, dst, src, offset, imm, ref };
}

/** `dst op= src`, both registers. */
export function alu(op: BinaryOp, width: Width, dst: number, src: number): Instruction {
  return make((width === 64 ? Class.ALU64 : Class.ALU) | Source.X | AluOp[op], dst, src, 0, 0);
}

/** `dst op= imm`; the 32-bit immediate is sign-extended for a 64-bit operation. */
export function aluImm(op: BinaryOp, width: Width, dst: number, imm: number): Instruction {
  return make((width === 64 ? Class.ALU64 : Class.ALU) | Source.K | AluOp[op], dst, 0, 0, imm);
}

/** `dst op= src` in 64 bits. */
export function alu64(op: BinaryOp, dst: number, src: number): Instruction {
  return alu(op, 64, dst, src);
}

/** `dst op= imm` in 64 bits. */
export function alu64Imm(op: BinaryOp, dst: number, imm: number): Instruction {
  return aluImm(op, 64, dst, imm);
}

/** `dst op= src` in 32 bits. */
export function alu32(op: BinaryOp, dst: number, src: number): Instruction {
  return alu(op, 32, dst, src);
}

/** `dst op= imm` in 32 bits. */
export function alu32Imm(op: BinaryOp, dst: number, imm: number): Instruction {
  return aluImm(op, 32, dst, imm);
}

/** Signed division or remainder (`s/=`, `s%=`): kernel 6.6, ISA version 4. */
export function signedAlu(op: "DIV" | "MOD", width: Width, dst: number, src: number): Instruction {
  return { ...alu(op, width, dst, src), offset: 1 };
}

export function mov64(dst: number, src: number): Instruction {
  return alu("MOV", 64, dst, src);
}

/** `dst = imm`, sign-extended to 64 bits. */
export function mov64Imm(dst: number, imm: number): Instruction {
  return aluImm("MOV", 64, dst, imm);
}

export function mov32(dst: number, src: number): Instruction {
  return alu("MOV", 32, dst, src);
}

/** `dst = imm`, with the upper half zero. */
export function mov32Imm(dst: number, imm: number): Instruction {
  return aluImm("MOV", 32, dst, imm);
}

/** `dst = (sN)src`: kernel 6.6, ISA version 4. */
export function movSignExtend(width: Width, dst: number, src: number, bits: 8 | 16 | 32): Instruction {
  return { ...alu("MOV", width, dst, src), offset: bits };
}

/** `dst = -dst`. */
export function negate(width: Width, dst: number): Instruction {
  return make((width === 64 ? Class.ALU64 : Class.ALU) | Source.K | AluOp.NEG, dst, 0, 0, 0);
}

/** `dst = beN dst` or `leN dst`: the low bits as that byte order's, the others zero. */
export function byteSwap(to: "be" | "le", dst: number, bits: 16 | 32 | 64): Instruction {
  return make(Class.ALU | (to === "be" ? Source.X : Source.K) | AluOp.END, dst, 0, 0, bits);
}

/** `dst = *(uN *)(base + offset)`, zero-extended; `size` in bytes. */
export function load(size: AccessSize, dst: number, base: number, offset: number): Instruction {
  return make(Class.LDX | Mode.MEM | sizeBits(size), dst, base, offset, 0);
}

/** `dst = *(sN *)(base + offset)`, sign-extended: kernel 6.6, ISA version 4. */
export function loadSignExtend(size: 1 | 2 | 4, dst: number, base: number, offset: number): Instruction {
  return make(Class.LDX | Mode.MEMSX | sizeBits(size), dst, base, offset, 0);
}

/** `*(uN *)(base + offset) = src`. */
export function store(size: AccessSize, base: number, offset: number, src: number): Instruction {
  return make(Class.STX | Mode.MEM | sizeBits(size), base, src, offset, 0);
}

/** `*(uN *)(base + offset) = imm`. */
export function storeImm(size: AccessSize, base: number, offset: number, imm: number): Instruction {
  return make(Class.ST | Mode.MEM | sizeBits(size), base, 0, offset, imm);
}

/**
 * An atomic operation on `*(base + offset)` with the register `src`. The FETCH forms put the old
 * value in `src`, CMPXCHG compares with R0 and puts the old value there; these ask for kernel 5.12.
 */
export function atomic(op: keyof typeof AtomicOp, size: 4 | 8, base: number, offset: number, src: number): Instruction {
  return make(Class.STX | Mode.ATOMIC | sizeBits(size), base, src, offset, AtomicOp[op]);
}

/** `lock *(uN *)(base + offset) += src`, which every kernel has. */
export function atomicAdd(size: 4 | 8, base: number, offset: number, src: number): Instruction {
  return atomic("ADD", size, base, offset, src);
}

/** `goto label`. */
export function jump(label: string): Instruction {
  return make(Class.JMP | JumpOp.JA, 0, 0, 0, 0, { kind: "jump", label });
}

/** `if dst op src goto label`, both registers. */
export function jumpIf(op: Comparison, width: Width, dst: number, src: number, label: string): Instruction {
  return make((width === 64 ? Class.JMP : Class.JMP32) | Source.X | JumpOp[op], dst, src, 0, 0, {
    kind: "jump",
    label,
  });
}

/** `if dst op imm goto label`; the immediate is sign-extended for a 64-bit comparison. */
export function jumpIfImm(op: Comparison, width: Width, dst: number, imm: number, label: string): Instruction {
  return make((width === 64 ? Class.JMP : Class.JMP32) | Source.K | JumpOp[op], dst, 0, 0, imm, {
    kind: "jump",
    label,
  });
}

/** Calls the helper of this number: see helpers.ts. */
export function callHelper(id: number): Instruction {
  return make(Class.JMP | JumpOp.CALL, 0, 0, 0, id);
}

/** Calls the subprogram that starts at this label. */
export function callSubprogram(label: string): Instruction {
  return make(Class.JMP | JumpOp.CALL, 0, Pseudo.CALL, 0, -1, { kind: "call", label });
}

/** Calls the kernel function with this BTF id of vmlinux. */
export function callKfunc(btfId: number): Instruction {
  return make(Class.JMP | JumpOp.CALL, 0, Pseudo.KFUNC_CALL, 0, btfId);
}

/** Calls the kernel function that the object names among its externs. */
export function callKernelFunction(name: string): Instruction {
  return make(Class.JMP | JumpOp.CALL, 0, Pseudo.KFUNC_CALL, 0, -1, { kind: "ksym", symbol: name });
}

/** `dst = value ll`; negative values are taken as two's complement. */
export function loadImm64(dst: number, value: bigint): Instruction {
  return make(LDDW, dst, 0, 0, BigInt.asUintN(64, value));
}

/** `dst` = the map itself, as helpers want it. */
export function loadMap(dst: number, map: string): Instruction {
  return make(LDDW, dst, Pseudo.MAP_FD, 0, 0n, { kind: "map", map });
}

/** `dst` = the address of a byte of an array map's only value. */
export function loadMapValue(dst: number, map: string, offset: number): Instruction {
  return make(LDDW, dst, Pseudo.MAP_VALUE, 0, 0n, { kind: "mapValue", map, offset });
}

/** `dst` = the subprogram that starts at this label, for helpers that call back. */
export function loadFunction(dst: number, label: string): Instruction {
  return make(LDDW, dst, Pseudo.FUNC, 0, 0n, { kind: "func", label });
}

export function exit(): Instruction {
  return make(Class.JMP | JumpOp.EXIT, 0, 0, 0, 0);
}

/** The same instruction, as the target of jumps or calls. */
export function withLabel(instruction: Instruction, label: string): Instruction {
  return { ...instruction, label };
}

/** The same instruction, with the place in the source that it comes from. */
export function withSource(instruction: Instruction, source: SourcePosition): Instruction {
  return { ...instruction, source };
}

/** The same instruction, with its offset or immediate to be taken from the running kernel. */
export function withCore(instruction: Instruction, relocation: CoreRelocation): Instruction {
  return { ...instruction, ref: { kind: "core", relocation } };
}
