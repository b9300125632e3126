/** What operations give for constants: BPF's arithmetic on unsigned 64-bit bigints. */
import type { BinaryOp, CompareOp, Width } from "./ir.ts";

/** Operands are cut to the width; the result is zero-extended. Shifts count modulo the width. */
export function evaluateBinary(kind: BinaryOp, width: Width, left: bigint, right: bigint): bigint {
  const a = BigInt.asUintN(width, left);
  const b = BigInt.asUintN(width, right);
  return BigInt.asUintN(width, apply(kind, width, a, b));
}

function apply(kind: BinaryOp, width: Width, a: bigint, b: bigint): bigint {
  switch (kind) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "udiv":
      return b === 0n ? 0n : a / b;
    case "umod":
      return b === 0n ? a : a % b;
    case "sdiv":
      return b === 0n ? 0n : BigInt.asIntN(width, a) / BigInt.asIntN(width, b);
    case "smod":
      return b === 0n ? a : BigInt.asIntN(width, a) % BigInt.asIntN(width, b);
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "shl":
      return a << (b % BigInt(width));
    case "lshr":
      return a >> (b % BigInt(width));
    case "ashr":
      return BigInt.asIntN(width, a) >> (b % BigInt(width));
  }
}

export function evaluateCompare(kind: CompareOp, width: Width, left: bigint, right: bigint): boolean {
  const signed = kind === "slt" || kind === "sle" || kind === "sgt" || kind === "sge";
  const a = signed ? BigInt.asIntN(width, left) : BigInt.asUintN(width, left);
  const b = signed ? BigInt.asIntN(width, right) : BigInt.asUintN(width, right);
  switch (kind) {
    case "eq":
      return a === b;
    case "ne":
      return a !== b;
    case "ult":
    case "slt":
      return a < b;
    case "ule":
    case "sle":
      return a <= b;
    case "ugt":
    case "sgt":
      return a > b;
    case "uge":
    case "sge":
      return a >= b;
    case "test":
      return (a & b) !== 0n;
  }
}

export function evaluateExtend(value: bigint, bits: number, signed: boolean): bigint {
  return BigInt.asUintN(64, signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
}

export function evaluateByteSwap(value: bigint, bits: number): bigint {
  let swapped = 0n;
  for (let at = 0n; at < bits; at += 8n) swapped = (swapped << 8n) | ((value >> at) & 0xffn);
  return swapped;
}

/** The same comparison with its operands exchanged. */
export const MIRRORED: Readonly<Record<CompareOp, CompareOp>> = {
  eq: "eq",
  ne: "ne",
  ult: "ugt",
  ule: "uge",
  ugt: "ult",
  uge: "ule",
  slt: "sgt",
  sle: "sge",
  sgt: "slt",
  sge: "sle",
  test: "test",
};

/** The comparison that holds when this one does not; "test" has none. */
export const OPPOSITE: Readonly<Partial<Record<CompareOp, CompareOp>>> = {
  eq: "ne",
  ne: "eq",
  ult: "uge",
  uge: "ult",
  ule: "ugt",
  ugt: "ule",
  slt: "sge",
  sge: "slt",
  sle: "sgt",
  sgt: "sle",
};

export function isCommutative(kind: BinaryOp): boolean {
  return kind === "add" || kind === "mul" || kind === "and" || kind === "or" || kind === "xor";
}
