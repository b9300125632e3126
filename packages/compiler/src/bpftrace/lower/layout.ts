/**
 * How values lie in memory: in map keys, map values and ring-buffer records. Every field starts at a
 * multiple of 8 and what is shorter is padded with zeros; integers, enums and pointers are widened to 8
 * bytes, so that one script's variables, keys and arguments never disagree about a size.
 */
import type { Btf } from "@sonde/bpf/btf";
import type { DataType, Field } from "@sonde/bpf/spec";
import type { Span } from "../ast.ts";
import type { Type } from "../types.ts";
import { typeText } from "../values.ts";
import { memoryType } from "./memory-types.ts";
import { noLayout, refuse } from "./messages.ts";

/** Names the stack map that holds stacks of this type, making it if it is new. */
export type StackMaps = (type: Type & { kind: "stack" }) => string;

/** The types that structs are described by; opening them costs time, so it is asked only where there are structs. */
export type Types = () => Btf | undefined;

/** The layout of a value of `type`; refused at `span` for what can't be stored. */
export function dataType(type: Type, stacks: StackMaps, span: Span, types: Types): DataType {
  switch (type.kind) {
    case "int":
      return { kind: "int", size: 8, signed: type.signed };
    case "enum":
      return { kind: "enum", size: 8, signed: type.signed, names: type.names };
    case "bool":
      return { kind: "bool", size: 1 };
    case "pointer":
      return { kind: "pointer", size: 8 };
    case "string":
      return { kind: "string", size: type.size, ...(type.cut !== undefined && { cut: type.cut }) };
    case "buffer":
      return { kind: "buffer", size: byteSize(type) };
    case "symbol":
      return { kind: "symbol", size: type.user ? 16 : 8, user: type.user };
    case "named":
      return { kind: "named", size: type.size, by: type.by };
    case "stack":
      return { kind: "stack", size: 16, user: type.user, map: stacks(type), mode: type.mode, frames: type.frames };
    case "tuple": {
      const { fields, size } = layOut(
        type.items.map((item) => dataType(item, stacks, span, types)),
        0,
      );
      const { names } = type;
      if (names === undefined) return { kind: "tuple", size, fields };
      return { kind: "record", size, fields: fields.map((field, i) => ({ ...field, name: names[i]! })) };
    }
    case "array":
    case "struct":
      // Copied as they lie in memory, not converted.
      return memoryType(types(), type) ?? refuse(noLayout, span, typeText(type));
    default:
      return refuse(noLayout, span, typeText(type));
  }
}

export interface Layout {
  readonly fields: readonly Field[];
  /** Bytes up to the end of the last field, a multiple of 8. */
  readonly size: number;
}

/** Fields one after another from `start` (a multiple of 8). */
export function layOut(types: readonly DataType[], start: number): Layout {
  const fields: Field[] = [];
  let offset = start;
  for (const type of types) {
    fields.push({ offset, type });
    offset += alignUp(type.size);
  }
  return { fields, size: offset };
}

/** Where an item of a tuple or record starts. */
export function itemOffset(type: Type & { kind: "tuple" }, index: number): number {
  return type.items.slice(0, index).reduce((bytes, item) => bytes + fieldSize(item), 0);
}

/** The next multiple of 8. */
export function alignUp(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** Whether a value of this type fits a register; others live in memory. */
export function isScalar(type: Type): boolean {
  switch (type.kind) {
    case "int":
    case "bool":
    case "enum":
    case "pointer":
      return true;
    default:
      return false;
  }
}

/** Whether a variable of this type has memory of its own; a struct or an array is copied into it. */
export function livesInMemory(type: Type): boolean {
  switch (type.kind) {
    case "struct":
    case "array":
    case "string":
    case "buffer":
    case "tuple":
    case "stack":
    case "symbol":
    case "named":
      return true;
    default:
      return false;
  }
}

/** The u32 before a buffer's bytes says how many they are. */
export const BUFFER_HEADER = 4;

/** Bytes that a value of this type takes where it lies in the kernel's or a process's memory; void counts as one. */
export function byteSize(type: Type): number {
  switch (type.kind) {
    case "int":
    case "enum":
    case "string":
    case "struct":
      return type.size;
    case "buffer":
      return BUFFER_HEADER + type.size;
    case "pointer":
      return 8;
    case "array":
      return type.length * byteSize(type.element);
    case "bool":
    case "void":
    case "none":
    case "args":
      return 1;
    default:
      return fieldSize(type);
  }
}

/** Bytes of a field of this type in a key, a value or a record, padding included. */
export function fieldSize(type: Type): number {
  switch (type.kind) {
    case "named":
      return type.size;
    case "stack":
      return 16;
    case "symbol":
      return type.user ? 16 : 8;
    case "tuple":
      return type.items.reduce((sum, item) => sum + fieldSize(item), 0);
    default:
      return isScalar(type) ? 8 : alignUp(byteSize(type));
  }
}
