/** Arithmetic and comparison of values in registers, by C's rules on 64 bits. */
import type { BinaryOp as IrOp, CompareOp, Inst } from "../../ir/index.ts";
import type { BinaryOp } from "../ast.ts";
import type { Type } from "../types.ts";
import { asInteger, commonSign, UINT64 } from "../values.ts";
import type { Handler } from "./handler.ts";
import { Helper } from "../../lowering/helpers.ts";
import { byteSize } from "./layout.ts";

export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>";
export type ComparisonOp = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** A value in a register with the type that says how to take its bits. */
export interface Operand {
  readonly value: Inst;
  readonly type: Type;
}

const PLAIN: Readonly<Partial<Record<ArithmeticOp, IrOp>>> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "&": "and",
  "|": "or",
  "^": "xor",
  "<<": "shl",
};

export function arithmetic(h: Handler, op: ArithmeticOp, left: Operand, right: Operand): Inst {
  const { builder } = h;
  const [x, y] = inArithmetic(
    h,
    op,
    op === "+" ? scaled(h, left, right.type) : left.value,
    op === "+" || op === "-" ? scaled(h, right, left.type) : right.value,
  );
  const plain = PLAIN[op];
  if (plain !== undefined) return builder.binary(plain, x, y);
  const signed = op === ">>" ? isSigned(left.type) : bothSigned(left.type, right.type);
  switch (op) {
    case "/":
      return builder.binary(signed ? "sdiv" : "udiv", x, y);
    case "%":
      return builder.binary(signed ? "smod" : "umod", x, y);
    default:
      return builder.binary(signed ? "ashr" : "lshr", x, y);
  }
}

/** How far a constant may move a pointer that the verifier knows. */
const REACH = 1n << 28n;

/** The verifier lets its own pointers be moved by constants and subtracted from each other; for all else they are numbers. */
function inArithmetic(h: Handler, op: ArithmeticOp, a: Inst, b: Inst): readonly [Inst, Inst] {
  const near = (value: Inst): boolean => value.op === "const" && value.value < REACH;
  if (isTrusted(a) && ((op === "-" && isTrusted(b)) || ((op === "+" || op === "-") && near(b)))) return [a, b];
  if (op === "+" && isTrusted(b) && near(a)) return [a, b];
  return [numberOf(h, a), numberOf(h, b)];
}

function isTrusted({ type }: Inst): boolean {
  return type.kind === "pointer" && type.to === "trusted";
}

/** A value as a number: what the verifier knows for a pointer of the kernel's becomes one that it knows nothing of. */
export function numberOf(h: Handler, value: Inst): Inst {
  return isTrusted(value) ? unknownNumber(h, value) : value;
}

/** A pointer that the verifier knows, even one to the program's own memory, as a number that it knows nothing of. */
export function unknownNumber(h: Handler, value: Inst): Inst {
  const { builder } = h;
  const pointer = builder.slot(8, "pointer");
  builder.store(pointer, 0, 8, value);
  builder.call(Helper.probeReadKernel, [h.word(), h.constant(8), pointer]);
  return builder.load(h.word(), 0, 8);
}

/** An integer next to a pointer counts elements of what it points to. */
function scaled(h: Handler, operand: Operand, other: Type): Inst {
  if (other.kind !== "pointer" || operand.type.kind === "pointer") return operand.value;
  const size = byteSize(other.to);
  return size === 1 ? operand.value : h.builder.binary("mul", operand.value, h.constant(size));
}

/** Whether two operands are compared and divided as signed numbers. */
function bothSigned(left: Type, right: Type): boolean {
  return commonSign(asInteger(left) ?? UINT64, asInteger(right) ?? UINT64).signed;
}

/** The comparison for operands of these types. */
export function comparison(op: ComparisonOp, left: Type, right: Type): CompareOp {
  const signed = bothSigned(left, right);
  switch (op) {
    case "==":
      return "eq";
    case "!=":
      return "ne";
    case "<":
      return signed ? "slt" : "ult";
    case "<=":
      return signed ? "sle" : "ule";
    case ">":
      return signed ? "sgt" : "ugt";
    case ">=":
      return signed ? "sge" : "uge";
  }
}

export function isComparison(op: BinaryOp): op is ComparisonOp {
  switch (op) {
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return true;
    default:
      return false;
  }
}

export function isSigned(type: Type): boolean {
  return (type.kind === "int" || type.kind === "enum") && type.signed;
}

/** Cuts a 64-bit value to an integer type narrower than that. */
export function fit(h: Handler, value: Inst, type: Type): Inst {
  switch (type.kind) {
    case "int":
    case "enum":
      return type.size === 8
        ? value
        : h.builder.extend(numberOf(h, value), (type.size * 8) as 8 | 16 | 32, type.signed);
    case "bool":
      return h.builder.compare("ne", value, h.constant(0));
    case "pointer":
      return type.trusted ? value : numberOf(h, value);
    default:
      return value;
  }
}
