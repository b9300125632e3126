/** sizeof and offsetof. */
import { findMember } from "@sonde/bpf/btf";
import type { Expr, Offsetof, TypeName } from "../ast.ts";
import * as messages from "../messages/names.ts";
import type { Type } from "../types.ts";
import { typeText } from "../values.ts";
import { checkValue, namedType } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { KERNEL } from "./kernel-types.ts";
import type { Stored } from "./stored.ts";

/** The type of a name or of an expression, and its size in bytes; undefined, after a report, if it has none. */
export function layoutOf(
  handler: Handler,
  of: Expr | TypeName,
): { readonly type: Type; readonly bytes: number } | undefined {
  if (of.kind === "typeArgument") return layoutOf(handler, of.type);
  const type = of.kind === "typeName" ? namedType(handler, of, KERNEL) : writtenType(handler, of);
  if (type.kind === "none") return undefined;
  const bytes = sizeOf(type);
  if (bytes === undefined)
    handler.diagnostics.report(messages.operandType, of.span, "sizeof", typeText(type), "a type of known size");
  return bytes === undefined ? undefined : { type, bytes };
}

/** An expression's type; of an integer that a variable or a map keeps, the smallest that holds all that was assigned. */
export function writtenType(handler: Handler, expr: Expr): Type {
  const type = checkValue(handler, expr);
  return type.kind === "int" ? (placeOf(handler, expr)?.narrow ?? type) : type;
}

/** Where a variable of no declared type, or a map, keeps its value. */
export function placeOf(handler: Handler, expr: Expr): Stored | undefined {
  if (expr.kind === "variable") {
    const state = handler.find(expr.name);
    return state?.fixed === false ? state.place : undefined;
  }
  const value = expr.kind === "map" ? handler.program.maps.get(expr.name)?.value : undefined;
  return value?.kind === "scalar" ? value.place : undefined;
}

function sizeOf(type: Type): number | undefined {
  switch (type.kind) {
    case "int":
    case "enum":
    case "string":
    case "buffer":
    case "struct":
      return type.size;
    case "bool":
      return 1;
    case "pointer":
      return 8;
    case "tuple":
      return sizeOfTuple(type.items);
    case "array": {
      const element = sizeOf(type.element);
      return element === undefined ? undefined : element * type.length;
    }
    default:
      return undefined;
  }
}

/** As a C struct of the items, each in its own size, would be laid out. */
function sizeOfTuple(items: readonly Type[]): number | undefined {
  let end = 0;
  let largest = 1;
  for (const item of items) {
    const size = sizeOf(item);
    if (size === undefined) return undefined;
    const align = alignOf(item);
    end = Math.ceil(end / align) * align + size;
    largest = Math.max(largest, align);
  }
  return Math.ceil(end / largest) * largest;
}

function alignOf(type: Type): number {
  switch (type.kind) {
    case "int":
    case "enum":
      return type.size;
    case "pointer":
      return 8;
    case "tuple":
      return Math.max(1, ...type.items.map(alignOf));
    case "array":
      return alignOf(type.element);
    case "struct":
      return Math.min(8, type.size & -type.size || 1);
    default:
      return 1;
  }
}

export function memberOffset(handler: Handler, expr: Offsetof): number | undefined {
  const { btf } = handler.program.target;
  const layout = layoutOf(handler, expr.of);
  if (layout === undefined) return undefined;
  const name = expr.path.join(".");
  if (layout.type.kind !== "struct" || btf === undefined) {
    handler.diagnostics.report(messages.operandType, expr.of.span, "offsetof", typeText(layout.type), "a struct");
    return undefined;
  }
  const found = findMember(btf, layout.type.typeId, name);
  if (found === undefined)
    handler.diagnostics.report(messages.unknownField, expr.span, typeText(layout.type), name, undefined);
  return found === undefined ? undefined : found.bitOffset / 8;
}
