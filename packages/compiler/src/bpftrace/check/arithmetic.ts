/** Operators with two operands. */
import type { Binary, Expr } from "../ast.ts";
import * as messages from "../messages/names.ts";
import type { IntType, Type } from "../types.ts";
import { BOOL, INT64, NONE, asInteger, commonSign, int, typeText, utf8Length } from "../values.ts";
import { constantOf, isNeutral } from "./constants.ts";
import { checkCondition, checkValue } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { join } from "./stored.ts";

export function checkBinary(handler: Handler, expr: Binary): Type {
  const type = binaryType(handler, expr);
  const value = type.kind === "none" ? undefined : constantOf(handler, expr);
  if (value !== undefined) handler.constants.set(expr, value);
  return type;
}

function binaryType(handler: Handler, expr: Binary): Type {
  const { op } = expr;
  if (op === "&&" || op === "||") {
    checkCondition(handler, expr.left);
    checkCondition(handler, expr.right);
    return BOOL;
  }
  const left = checkValue(handler, expr.left);
  const right = checkValue(handler, expr.right);
  if (left.kind === "none" || right.kind === "none") return NONE;
  return isComparison(op) ? comparison(handler, expr, left, right) : arithmetic(handler, expr, left, right);
}

function isComparison(op: Binary["op"]): boolean {
  return op === "==" || op === "!=" || op === "<" || op === "<=" || op === ">" || op === ">=";
}

function comparison(handler: Handler, expr: Binary, left: Type, right: Type): Type {
  const { op } = expr;
  const equality = op === "==" || op === "!=";
  const [a, b] = [textual(handler, expr.left, left, right), textual(handler, expr.right, right, left)];
  if (asInteger(a) !== undefined && asInteger(b) !== undefined) {
    meet(handler, expr, a, b);
    return BOOL;
  }
  const wholes = a.kind === "string" || a.kind === "buffer" || a.kind === "tuple" || a.kind === "array";
  if (equality && wholes && join(a, b) !== undefined) return BOOL;
  return refuse(handler, expr, a, b);
}

/** A number given on the command line is text where it meets text. */
function textual(handler: Handler, expr: Expr, type: Type, other: Type): Type {
  if (expr.kind !== "positional" || other.kind !== "string" || type.kind === "string") return type;
  const text = handler.program.options.params?.[expr.index - 1] ?? "";
  handler.constants.set(expr, text);
  return handler.give(expr, { kind: "string", size: utf8Length(text) + 1 });
}

function arithmetic(handler: Handler, expr: Binary, left: Type, right: Type): Type {
  const { op } = expr;
  if (left.kind === "pointer" || right.kind === "pointer") {
    if (left.kind === "pointer" && right.kind === "pointer")
      return op === "-" ? INT64 : refuse(handler, expr, left, right);
    if (op === "+" && right.kind === "pointer" && asInteger(left) !== undefined) return { ...right, trusted: false };
    if ((op === "+" || op === "-") && left.kind === "pointer" && asInteger(right) !== undefined)
      return { ...left, trusted: false };
    return left.kind === "pointer" &&
      (op === "&" || op === "|" || op === "%" || op === ">>" || op === "/") &&
      asInteger(right) !== undefined
      ? int(8, false)
      : refuse(handler, expr, left, right);
  }
  const [a, b] = [asInteger(left), asInteger(right)];
  if (a === undefined || b === undefined) return refuse(handler, expr, left, right);
  if (op === "<<" || op === ">>") return int(8, isNeutral(handler, expr.left) ? true : a.signed);
  const signed = meet(handler, expr, left, right);
  if ((op === "/" || op === "%") && constantOf(handler, expr.right) === 0n) {
    handler.diagnostics.report(messages.outOfRange, expr.right.span, "a divisor", "other than 0");
  }
  return op === "-" ? INT64 : int(8, signed);
}

/**
 * The sign in which two integers meet. A constant that fits takes the other's sign, which its type
 * is changed to show; where the sign is a guess and matters, a warning says so.
 */
function meet(handler: Handler, expr: Binary, left: Type, right: Type): boolean {
  const a = adapt(handler, expr.left, left, right);
  const b = adapt(handler, expr.right, right, left);
  const { signed, safe } = commonSign(a, b);
  const signMatters =
    expr.op === "/" || expr.op === "%" || (isComparison(expr.op) && expr.op !== "==" && expr.op !== "!=");
  if (!safe && signMatters)
    handler.diagnostics.report(messages.mixedSigns, expr.opSpan, expr.op, typeText(left), typeText(right));
  return signed;
}

function adapt(handler: Handler, expr: Expr, type: Type, other: Type): IntType {
  const own = asInteger(type) ?? INT64;
  const partner = asInteger(other) ?? INT64;
  if (own.signed === partner.signed || !isNeutral(handler, expr) || expr.kind === "ternary") return own;
  const adapted: IntType = int(8, partner.signed);
  if (expr.kind === "int") handler.give(expr, adapted);
  return adapted;
}

function refuse(handler: Handler, expr: Binary, left: Type, right: Type): Type {
  handler.diagnostics.report(messages.operandTypes, expr.span, expr.op, typeText(left), typeText(right));
  return NONE;
}
