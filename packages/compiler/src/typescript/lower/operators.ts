/** Arithmetic and comparisons: on 64 bits, signed if one of the two is. */
import { refuse } from "../../diagnostics/index.ts";
import type { BinaryOp, CompareOp, Condition } from "../../ir/index.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { BOOL, S64, U64 } from "../types/type.ts";
import type { Program } from "./program.ts";
import { constantNumber, scalarOf, textOf, type Scalar } from "./scalar.ts";
import { isText, textEquals } from "./texts.ts";
import { constant, type Value } from "./value.ts";

const COMPARISONS: Readonly<Record<string, readonly [unsigned: CompareOp, signed: CompareOp]>> = {
  "===": ["eq", "eq"],
  "!==": ["ne", "ne"],
  "<": ["ult", "slt"],
  "<=": ["ule", "sle"],
  ">": ["ugt", "sgt"],
  ">=": ["uge", "sge"],
};
const ARITHMETIC: Readonly<Record<string, readonly [unsigned: BinaryOp, signed: BinaryOp]>> = {
  "+": ["add", "add"],
  "-": ["sub", "sub"],
  "*": ["mul", "mul"],
  "/": ["udiv", "sdiv"],
  "%": ["umod", "smod"],
  "&": ["and", "and"],
  "|": ["or", "or"],
  "^": ["xor", "xor"],
  "<<": ["shl", "shl"],
  ">>": ["lshr", "ashr"],
  ">>>": ["lshr", "lshr"],
};

export function isComparison(operator: string): boolean {
  return Object.hasOwn(COMPARISONS, operator) || operator === "==" || operator === "!=";
}

export type Outcome =
  | { readonly kind: "known"; readonly value: boolean }
  | { readonly kind: "tested"; readonly condition: Condition };

export function comparison(p: Program, operator: string, left: Value, right: Value, node: Node): Outcome {
  if (operator === "==" || operator === "!=") return refuse(messages.loose, spanOf(node), operator);
  const [a, b] = [constantNumber(left), constantNumber(right)];
  if (a !== undefined && b !== undefined) return { kind: "known", value: compareConstants(operator, a, b) };
  if (isText(left) || isText(right)) {
    if (operator !== "===" && operator !== "!==")
      refuse(messages.unsupported, spanOf(node), `${operator} on texts`, "texts can be compared by === and !==");
    return textEquals(p, left, right, operator === "===", node);
  }
  if (left.kind === "host" && right.kind === "host")
    return { kind: "known", value: (left.value === right.value) === (operator === "===") };
  const { left: l, right: r } = node as unknown as { left: Node; right: Node };
  if (operator === "===" || operator === "!==") {
    const sides = [
      { value: left, other: right, node: r },
      { value: right, other: left, node: l },
    ];
    for (const side of sides)
      if (side.value.kind === "maybe" && side.value.value.kind === "scalar")
        return sameAsFound(p, side.value, side.other, operator === "===", side.node);
  }
  const [x, y] = [scalarOf(p, left, l), scalarOf(p, right, r)];
  const signed = isSigned(left, x) || isSigned(right, y);
  // A test that can have one outcome only is a mistake: in unsigned arithmetic nothing is below 0.
  if (!signed && ((operator === "<" && b === 0n) || (operator === ">" && a === 0n)))
    refuse(messages.neverNegative, spanOf(node), textOf(node));
  const kind = COMPARISONS[operator]![signed ? 1 : 0];
  return { kind: "tested", condition: { kind, a: x.inst, b: y.inst } };
}

/** What was not found is like nothing but undefined. */
function sameAsFound(p: Program, value: Value & { kind: "maybe" }, other: Value, wanted: boolean, node: Node): Outcome {
  const found = value.value as Value & { kind: "scalar" };
  const equal = p.builder.compare("eq", found.inst, scalarOf(p, other, node).inst);
  const both = p.builder.binary("and", value.present, equal);
  return { kind: "tested", condition: { kind: wanted ? "ne" : "eq", a: both, b: p.constant(0) } };
}

function compareConstants(operator: string, a: bigint, b: bigint): boolean {
  switch (operator) {
    case "===":
      return a === b;
    case "!==":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    default:
      return a >= b;
  }
}

/** Constants take the sign of what they meet, unless they are negative. */
function isSigned(value: Value, { type }: Scalar): boolean {
  if (value.kind === "constant") return typeof value.value === "bigint" && value.value < 0n;
  return type.kind === "int" && type.signed;
}

/** `left operator right`, and what an assignment such as `+=` computes. */
export function arithmetic(p: Program, operator: string, left: Value, right: Value, node: Node): Value {
  const ops = ARITHMETIC[operator];
  if (ops === undefined)
    return refuse(
      messages.unsupported,
      spanOf(node),
      `the operator ${operator}`,
      operator === "**" ? "multiply, or shift: 1 << n" : undefined,
    );
  const [a, b] = [constantNumber(left), constantNumber(right)];
  if (a !== undefined && b !== undefined) return fold(operator, a, b, node);
  if (left.kind === "constant" && right.kind === "constant" && operator === "+" && (isText(left) || isText(right)))
    return constant(String(left.value) + String(right.value));
  if (operator === "+" && (isText(left) || isText(right)))
    return refuse(
      messages.unsupported,
      spanOf(node),
      `${operator} on texts`,
      "emit the parts as fields of their own, and join them where they are read",
    );
  const { left: l = node, right: r = node } = node as unknown as { left?: Node; right?: Node };
  const [x, y] = [scalarOf(p, left, l), scalarOf(p, right, r)];
  if ((operator === "/" || operator === "%") && b === 0n)
    refuse(messages.unsupported, spanOf(node), "a division by zero", undefined);
  const shift = operator === "<<" || operator.startsWith(">>");
  const signed = isSigned(left, x) || (!shift && isSigned(right, y));
  const inst = p.builder.binary(ops[signed ? 1 : 0], x.inst, y.inst);
  return { kind: "scalar", inst, type: signed ? S64 : U64 };
}

function fold(operator: string, a: bigint, b: bigint, node: Node): Value {
  const shift = operator === "<<" || operator.startsWith(">>");
  if (shift && (b < 0n || b > 63n)) refuse(messages.doesNotFit, spanOf(node), `the shift by ${b}`, "0 to 63");
  if ((operator === "/" || operator === "%") && b === 0n)
    refuse(messages.unsupported, spanOf(node), "a division by zero", undefined);
  const result = evaluate(operator, a, b);
  if (result >= 2n ** 64n || result < -(2n ** 63n))
    refuse(messages.doesNotFit, spanOf(node), String(result), "64 bits");
  return constant(result);
}

function evaluate(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return a % b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      return a << b;
    default:
      return a >> b;
  }
}

export function negate(p: Program, operator: string, value: Value, node: Node): Value {
  const known = constantNumber(value);
  if (known !== undefined) return constant(operator === "-" ? -known : operator === "~" ? ~known : known);
  const { inst, type } = scalarOf(p, value, node);
  if (operator === "+") return { kind: "scalar", inst, type };
  if (operator === "-") return { kind: "scalar", inst: p.builder.binary("sub", p.constant(0), inst), type: S64 };
  const signed = type.kind === "int" && type.signed;
  return { kind: "scalar", inst: p.builder.binary("xor", inst, p.constant(-1)), type: signed ? S64 : U64 };
}

/** A comparison's outcome as a value. */
export function outcomeValue(p: Program, outcome: Outcome): Value {
  if (outcome.kind === "known") return constant(outcome.value);
  const { kind, a, b, width } = outcome.condition;
  return { kind: "scalar", inst: p.builder.compare(kind, a, b, width), type: BOOL };
}
