/** Values as numbers in registers. */
import { refuse } from "../../diagnostics/index.ts";
import type { Inst } from "../../ir/index.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { BOOL, S64, U64, sizeOfType, typeText, type IntType, type ScalarType } from "../types/type.ts";
import type { Program } from "./program.ts";
import type { Value } from "./value.ts";

export interface Scalar {
  readonly inst: Inst;
  readonly type: ScalarType;
}

/** What a value is called in messages. */
export function describeValue(value: Value): string {
  switch (value.kind) {
    case "constant":
      return typeof value.value === "string" ? `the text ${JSON.stringify(value.value)}` : String(value.value);
    case "scalar":
    case "memory":
    case "produced":
      return `a value of type ${typeText(value.type)}`;
    case "maybe":
    case "maybeReference":
      return "what a look-up found";
    case "object":
      return "an object";
    case "list":
      return "a list";
    case "closure":
      return "a function";
    case "arguments":
      return "the handler's argument as a whole";
    case "host":
      return value.name;
  }
}

/** The value in a register; refused if it is no number, boolean or pointer. */
export function scalarOf(p: Program, value: Value, node: Node): Scalar {
  switch (value.kind) {
    case "scalar":
      return value;
    case "constant": {
      const known = value.value;
      if (typeof known === "bigint") return { inst: p.constant(known), type: value.type ?? (known < 0n ? S64 : U64) };
      if (typeof known === "boolean") return { inst: p.constant(known ? 1 : 0), type: BOOL };
      if (known === null)
        return { inst: p.constant(0), type: { kind: "pointer", to: 0, user: false, followed: false } };
      break;
    }
    case "maybe":
    case "maybeReference":
      return refuse(messages.unchecked, spanOf(node), textOf(node));
    default:
  }
  return refuse(messages.notANumber, spanOf(node), describeValue(value));
}

/** The number that a value is at build time. */
export function constantNumber(value: Value): bigint | undefined {
  if (value.kind !== "constant") return undefined;
  if (typeof value.value === "bigint") return value.value;
  return typeof value.value === "boolean" ? BigInt(value.value) : undefined;
}

export function textOf(node: Node): string {
  const text = node.sourceFile?.text.slice(node.start, node.end) ?? "this";
  return text.length > 40 || text.includes("\n") ? "this" : text;
}

/** Cuts a register to what `type` holds, widened again by its sign. */
export function convert(p: Program, scalar: Scalar, type: IntType): Inst {
  const { builder } = p;
  if (type.size === 8 || isWithin(scalar.type, type)) return scalar.inst;
  return builder.extend(scalar.inst, (type.size * 8) as 8 | 16 | 32, type.signed);
}

/** Whether every value of `from` is one of `to`. */
function isWithin(from: ScalarType, to: IntType): boolean {
  if (from.kind === "bool") return true;
  if (from.kind === "pointer") return to.size === 8;
  if (from.signed === to.signed) return from.size <= to.size;
  return !from.signed && from.size < to.size;
}

/** The register's content as `type` is stored; constants must fit. */
export function stored(p: Program, value: Value, type: ScalarType, node: Node): Inst {
  const known = constantNumber(value);
  if (known !== undefined && type.kind === "int" && !fits(known, type))
    refuse(messages.doesNotFit, spanOf(node), String(known), typeText(type));
  const scalar = scalarOf(p, value, node);
  if (type.kind !== "bool" || scalar.type.kind === "bool") return scalar.inst;
  return refuse(messages.mismatch, spanOf(node), `a value of type ${typeText(scalar.type)}`, "boolean");
}

/** Whether a constant is one of the type's values. */
function fits(value: bigint, type: IntType): boolean {
  const bits = type.size * 8;
  return type.signed ? BigInt.asIntN(bits, value) === value : BigInt.asUintN(bits, value) === value;
}

export function accessOf(type: ScalarType): { readonly size: 1 | 2 | 4 | 8; readonly signed: boolean } {
  return { size: sizeOfType(type) as 1 | 2 | 4 | 8, signed: type.kind === "int" && type.signed };
}
