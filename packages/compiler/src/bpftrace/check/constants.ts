/** Constants: of the kernel's enums, and of literals in a script. */
import type { Btf, TypeId } from "@sonde/bpf/btf";
import type { Binary, Expr } from "../ast.ts";
import type { Handler } from "./handler.ts";

export interface Enumerator {
  readonly value: bigint;
  /** Its enum. */
  readonly type: TypeId;
}

/** An enumerator by its name, whichever enum it belongs to; among several that of the last enum from `own` on, else of the first. */
export function findEnumerator(btf: Btf, name: string, own: number = Infinity): Enumerator | undefined {
  let first: Enumerator | undefined;
  for (const kind of ["enum", "enum64"] as const) {
    for (const id of btf.ids(kind)) {
      if (first !== undefined && id < own) continue;
      const type = btf.type(id);
      if (type.kind !== "enum" && type.kind !== "enum64") continue;
      const found = type.values.find((value) => value.name === name);
      if (found !== undefined) first = { value: found.value, type: id };
    }
  }
  return first;
}

/** The value of an expression that is known without running it. */
export function constantOf(handler: Handler, expr: Expr): bigint | string | undefined {
  switch (expr.kind) {
    case "int":
      return expr.value;
    case "string":
      return expr.value;
    case "bool":
      return expr.value ? 1n : 0n;
    case "unary": {
      const operand = constantOf(handler, expr.operand);
      if (typeof operand !== "bigint") return undefined;
      return expr.op === "-" ? -operand : expr.op === "!" ? (operand === 0n ? 1n : 0n) : undefined;
    }
    case "cast":
      return castOf(handler, expr);
    case "comptime":
      return constantOf(handler, expr.operand);
    case "binary":
      return calculated(expr, constantOf(handler, expr.left), constantOf(handler, expr.right));
    default:
      return handler.constants.get(expr);
  }
}

function castOf(handler: Handler, expr: Expr & { kind: "cast" }): bigint | string | undefined {
  const value = expr.type.pointers === 0 ? constantOf(handler, expr.operand) : undefined;
  const type = handler.types.get(expr);
  if (typeof value !== "bigint" || type?.kind !== "int") return value;
  return type.signed ? BigInt.asIntN(type.size * 8, value) : BigInt.asUintN(type.size * 8, value);
}

/** As the program would calculate it: in 64 bits. */
function calculated(
  { op }: Binary,
  left: bigint | string | undefined,
  right: bigint | string | undefined,
): bigint | undefined {
  if (typeof left === "string" && typeof right === "string")
    return op === "==" ? truth(left === right) : op === "!=" ? truth(left !== right) : undefined;
  if (typeof left !== "bigint" || typeof right !== "bigint") return undefined;
  switch (op) {
    case "==":
      return truth(left === right);
    case "!=":
      return truth(left !== right);
    case "<":
      return truth(left < right);
    case "<=":
      return truth(left <= right);
    case ">":
      return truth(left > right);
    case ">=":
      return truth(left >= right);
    case "&&":
      return truth(left !== 0n && right !== 0n);
    case "||":
      return truth(left !== 0n || right !== 0n);
    case "+":
      return BigInt.asIntN(64, left + right);
    case "-":
      return BigInt.asIntN(64, left - right);
    case "*":
      return BigInt.asIntN(64, left * right);
    case "/":
      return right === 0n ? undefined : BigInt.asIntN(64, left / right);
    case "%":
      return right === 0n ? undefined : left % right;
    case "<<":
      return right >= 0n && right < 64n ? BigInt.asIntN(64, left << right) : undefined;
    case "&":
      return left & right;
    case "|":
      return left | right;
    default:
      return undefined;
  }
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}

/** A constant that is not negative takes the sign of what it meets. */
export function isNeutral(handler: Handler, expr: Expr): boolean {
  if (expr.kind === "cast") return false;
  if (expr.kind === "ternary")
    return (expr.then === undefined || isNeutral(handler, expr.then)) && isNeutral(handler, expr.otherwise);
  const value = constantOf(handler, expr);
  return typeof value === "bigint" && value >= 0n && value < 1n << 63n;
}
