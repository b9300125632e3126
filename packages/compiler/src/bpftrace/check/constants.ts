/** Constants: of the kernel's enums, and of literals in a script. */
import type { Btf, TypeId } from "@sonde/bpf/btf";
import type { Expr } from "../ast.ts";
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
      return expr.op === "-" && typeof operand === "bigint" ? -operand : undefined;
    }
    case "cast":
      return expr.type.pointers === 0 ? constantOf(handler, expr.operand) : undefined;
    default:
      return handler.constants.get(expr);
  }
}

/** A constant that is not negative takes the sign of what it meets. */
export function isNeutral(handler: Handler, expr: Expr): boolean {
  if (expr.kind === "cast") return false;
  if (expr.kind === "ternary")
    return (expr.then === undefined || isNeutral(handler, expr.then)) && isNeutral(handler, expr.otherwise);
  const value = constantOf(handler, expr);
  return typeof value === "bigint" && value >= 0n && value < 1n << 63n;
}
