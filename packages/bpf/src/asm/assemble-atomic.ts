/** Atomic operations, by every name that the disassembler, llvm-objdump and the verifier log have for them. */
import type { Cursor } from "./assemble-cursor.ts";
import { parseAddress, parseBareAddress, parsePointer, parseRegister, SIZE_TYPE } from "./assemble-operands.ts";
import type { Register } from "./assemble-operands.ts";
import type { Instruction } from "./instruction.ts";
import { AluOp, AtomicOp, Class, Mode, sizeBits } from "./opcodes.ts";
import type { AccessSize } from "./opcodes.ts";

const LOCKED = /(\+|\||&|\^)=/y;
const LOCKED_OPERATIONS: Readonly<Record<string, number>> = {
  "+": AluOp.ADD,
  "|": AluOp.OR,
  "&": AluOp.AND,
  "^": AluOp.XOR,
};

export function parseLock(cursor: Cursor): Instruction {
  cursor.expect("*");
  const { size, base, offset } = parsePointer(cursor);
  const symbol = cursor.match(LOCKED)?.[1];
  if (symbol === undefined) throw cursor.expected("+=, |=, &= or ^=");
  const src = parseRegister(cursor).number;
  return { opcode: wideAtomicOpcode(size, cursor), dst: base, src, offset, imm: LOCKED_OPERATIONS[symbol]! };
}

export function parseStoreRelease(cursor: Cursor): Instruction {
  cursor.expect("(");
  const { size, base, offset } = parsePointer(cursor);
  cursor.expect(",");
  const src = parseRegister(cursor).number;
  cursor.expect(")");
  return { opcode: atomicOpcode(size), dst: base, src, offset, imm: AtomicOp.STORE_REL };
}

/** The disassembler's and llvm-objdump's names, and the verifier log's. */
const ATOMIC =
  /(atomic(?:64)?_fetch_(?:add|or|and|xor)|load_acquire|atomic(?:64)?_(?:cmp)?xchg|(?:cmp)?xchg(?:32_32|_64))\s*\(/y;

export function parseFetch(cursor: Cursor, dst: Register): Instruction | undefined {
  const name = cursor.match(ATOMIC)?.[1];
  if (name === undefined) return undefined;
  const type = cursor.match(SIZE_TYPE);
  const size = type === undefined ? (name.endsWith("_64") ? 8 : 4) : Number(type[2]) / 8;
  const { base, offset } = type === undefined ? parseBareAddress(cursor) : parseAddress(cursor);
  const opcode = atomicOpcode(size as AccessSize);
  if (name === "load_acquire") {
    cursor.expect(")");
    return { opcode, dst: dst.number, src: base, offset, imm: AtomicOp.LOAD_ACQ };
  }
  wideAtomicOpcode(size as AccessSize, cursor);
  cursor.expect(",");
  if (name.includes("cmpxchg")) {
    if (dst.number !== 0 || parseRegister(cursor).number !== 0)
      throw cursor.refuse("cmpxchg compares with r0 and leaves the old value there");
    cursor.expect(",");
  }
  const src = parseRegister(cursor).number;
  if (!name.includes("cmpxchg") && src !== dst.number)
    throw cursor.refuse(`the old value goes where the operand was: write r${dst.number}`);
  cursor.expect(")");
  return { opcode, dst: base, src, offset, imm: atomicOperation(name) };
}

function atomicOperation(name: string): number {
  if (name.includes("cmpxchg")) return AtomicOp.CMPXCHG;
  if (name.includes("xchg")) return AtomicOp.XCHG;
  const operation = name.slice(name.lastIndexOf("_") + 1).toUpperCase();
  return AtomicOp[`FETCH_${operation}` as "FETCH_ADD"];
}

function wideAtomicOpcode(size: AccessSize, cursor: Cursor): number {
  if (size < 4) throw cursor.refuse("this atomic operation has 32 or 64 bits");
  return atomicOpcode(size);
}

function atomicOpcode(size: AccessSize): number {
  return Class.STX | Mode.ATOMIC | sizeBits(size);
}
