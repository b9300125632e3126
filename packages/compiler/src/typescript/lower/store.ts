/** Values written to memory, each straight into its last place where that is possible. */
import { refuse } from "../../diagnostics/index.ts";
import type { Spot } from "../../lowering/frame.ts";
import { address, isDirect, readBytes, readString, type Place } from "../../lowering/memory.ts";
import { cString, words } from "../../lowering/words.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { isScalar, sizeOfType, typeText, type RecordType, type Type } from "../types/type.ts";
import type { Program } from "./program.ts";
import { accessOf, describeValue, stored, textOf } from "./scalar.ts";
import type { MemoryType, Value } from "./value.ts";

/**
 * Writes `value` as `type` at `spot`. With `exact` every byte is defined by the value alone, as keys need
 * it; without, what follows a text's end may be anything.
 */
export function store(p: Program, value: Value, type: Type, spot: Spot, exact: boolean, node: Node): void {
  if (value.kind === "maybe" || value.kind === "maybeReference") refuse(messages.unchecked, spanOf(node), textOf(node));
  if (isScalar(type)) {
    p.builder.store(spot.base, spot.offset, accessOf(type).size, stored(p, value, type, node));
    return;
  }
  switch (type.kind) {
    case "text":
      return storeText(p, value, type.size, spot, exact, node);
    case "record":
      if (value.kind === "object") return storeObject(p, value.fields, type, spot, exact, node);
      break;
    case "array":
      if (value.kind === "list") {
        if (value.items.length !== type.length)
          refuse(messages.mismatch, spanOf(node), `a list of ${value.items.length}`, typeText(type));
        const size = sizeOfType(type.element);
        value.items.forEach((item, index) =>
          store(p, item, type.element, { base: spot.base, offset: spot.offset + index * size }, exact, node),
        );
        return;
      }
      break;
    default:
  }
  if (value.kind === "produced" && sameLayout(value.type, type)) return value.write(spot, exact);
  if (value.kind === "memory" && sameLayout(value.type, type)) return copy(p, value.place, type, spot);
  return refuse(messages.mismatch, spanOf(node), describeValue(value), typeText(type));
}

/** Whether two types are the same bytes. */
export function sameLayout(a: Type, b: Type): boolean {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "int":
      return a.size === (b as typeof a).size;
    case "text":
      return a.size === (b as typeof a).size;
    case "array":
      return a.length === (b as typeof a).length && sameLayout(a.element, (b as typeof a).element);
    case "record": {
      const other = b as RecordType;
      return (
        a.fields.length === other.fields.length &&
        a.fields.every(({ name, type }, index) => {
          const field = other.fields[index]!;
          return field.name === name && sameLayout(type, field.type);
        })
      );
    }
    case "struct":
      return a.typeId === (b as typeof a).typeId;
    case "stack":
      return a.user === (b as typeof a).user;
    default:
      return true;
  }
}

function storeObject(
  p: Program,
  fields: ReadonlyMap<string, Value>,
  type: RecordType,
  spot: Spot,
  exact: boolean,
  node: Node,
): void {
  for (const name of fields.keys())
    if (!type.fields.some((field) => field.name === name))
      refuse(messages.extraField, spanOf(node), name, typeText(type));
  let end = 0;
  for (const field of type.fields) {
    const value = fields.get(field.name);
    if (value === undefined) return refuse(messages.missingField, spanOf(node), field.name, typeText(type));
    fill(p, spot, end, field.offset);
    store(p, value, field.type, { base: spot.base, offset: spot.offset + field.offset }, exact, node);
    end = field.offset + sizeOfType(field.type);
  }
  fill(p, spot, end, type.size);
}

/** Zeros between fields: keys are compared byte for byte, and nothing of the stack may be told. */
function fill(p: Program, spot: Spot, from: number, to: number): void {
  for (let at = from; at < to;) {
    const size = ([8, 4, 2, 1] as const).find((bytes) => (spot.offset + at) % bytes === 0 && at + bytes <= to)!;
    p.builder.store(spot.base, spot.offset + at, size, p.constant(0));
    at += size;
  }
}

function copy(p: Program, from: Place, type: MemoryType, spot: Spot): void {
  const bytes = sizeOfType(type);
  if (isDirect(from) && from.space === "program" && from.field === undefined) {
    const align = ([8, 4, 2, 1] as const).find((size) => from.offset % size === 0 && spot.offset % size === 0);
    p.builder.copy(spot.base, spot.offset, from.base, from.offset, bytes, align ?? 1);
  } else readBytes(p, from, spot, bytes);
}

function storeText(p: Program, value: Value, size: number, spot: Spot, exact: boolean, node: Node): void {
  const { builder } = p;
  switch (value.kind) {
    case "constant": {
      if (typeof value.value !== "string") break;
      const bytes = cString(value.value);
      // As the kernel's own arrays of characters, a text may fill its place to the last byte.
      if (bytes.length - 1 > size) refuse(messages.textTooLong, spanOf(node), bytes.length - 1, size);
      const padded = new Uint8Array(exact ? size : Math.min(size, bytes.length));
      padded.set(bytes.subarray(0, padded.length));
      const alignment = spot.offset % 8 === 0 ? 8 : spot.offset % 4 === 0 ? 4 : spot.offset % 2 === 0 ? 2 : 1;
      for (const word of words(padded, alignment, 0))
        builder.store(spot.base, spot.offset + word.offset, word.size, p.constant(word.value));
      return;
    }
    case "produced": {
      if (value.type.kind !== "text") break;
      if (value.type.size > size) refuse(messages.textTooLong, spanOf(node), value.type.size, size);
      value.write(spot, exact);
      if (exact) fill(p, spot, value.type.size, size);
      return;
    }
    case "memory": {
      if (value.type.kind !== "text") break;
      const bytes = value.type.size;
      if (bytes > size && bytes > 0) refuse(messages.textTooLong, spanOf(node), bytes, size);
      return storeTextFrom(p, value.place, bytes, size, spot, exact);
    }
    default:
  }
  refuse(messages.mismatch, spanOf(node), describeValue(value), `text<${size}>`);
}

/** What stands behind a text's end in the kernel's memory is anybody's guess, so it is read as a string where it must be exact. */
function storeTextFrom(p: Program, from: Place, bytes: number, size: number, spot: Spot, exact: boolean): void {
  const exactAlready = from.space === "program" && from.base.type.kind === "pointer" && from.base.type.to !== "context";
  if (exactAlready && from.field === undefined) {
    copy(p, from, { kind: "text", size: bytes }, spot);
    if (exact) fill(p, spot, bytes, size);
    return;
  }
  if (exact) fill(p, spot, 0, size);
  readString(p, address(p, from), from.space === "user" ? "user" : "kernel", spot, p.constant(bytes));
}
