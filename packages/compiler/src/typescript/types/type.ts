/** Types of values in handlers: what the kernel has them as, and what an author lays out for maps and events. */
import type { TypeId } from "@sonde/bpf/btf";

export interface IntType {
  readonly kind: "int";
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  /** Of an enum: names by value. */
  readonly names?: Readonly<Record<string, string>>;
}
/** `size` bytes of characters, ended by a NUL unless all of them are used. */
export interface TextType {
  readonly kind: "text";
  readonly size: number;
}
/** What an author's object type is in memory: as C would lay it out. */
export interface RecordType {
  readonly kind: "record";
  readonly fields: readonly RecordField[];
  readonly size: number;
  readonly align: number;
}
export interface RecordField {
  readonly name: string;
  readonly type: Type;
  /** Bytes from the start. */
  readonly offset: number;
}
export interface ArrayType {
  readonly kind: "array";
  readonly element: Type;
  readonly length: number;
  readonly size: number;
}
/** A struct or union of the kernel. */
export interface StructType {
  readonly kind: "struct";
  readonly typeId: TypeId;
  /** "task_struct". */
  readonly name: string;
  readonly size: number;
}
/** An address in the kernel or in a process; `to` is the kernel's type behind it, 0 for void. */
export interface PointerType {
  readonly kind: "pointer";
  readonly to: TypeId;
  readonly user: boolean;
  /** May the verifier let programs load from it, if it lets them load from where the pointer stands? */
  readonly followed: boolean;
}
export interface StackType {
  readonly kind: "stack";
  readonly user: boolean;
  readonly frames: number;
}

export type Type =
  | IntType
  | { readonly kind: "bool" }
  | TextType
  | RecordType
  | ArrayType
  | StructType
  | PointerType
  | StackType;

/** Held by a register; all else lies in memory. */
export type ScalarType = IntType | PointerType | { readonly kind: "bool" };

export const BOOL: Type & { kind: "bool" } = { kind: "bool" };
export const U8: IntType = int(1, false);
export const U32: IntType = int(4, false);
export const S32: IntType = int(4, true);
export const U64: IntType = int(8, false);
export const S64: IntType = int(8, true);

export function int(size: IntType["size"], signed: boolean): IntType {
  return { kind: "int", size, signed };
}

export function isScalar(type: Type): type is ScalarType {
  return type.kind === "int" || type.kind === "bool" || type.kind === "pointer";
}

/** Bytes in memory. */
export function sizeOfType(type: Type): number {
  switch (type.kind) {
    case "bool":
      return 1;
    case "pointer":
      return 8;
    case "stack":
      return 16;
    default:
      return type.size;
  }
}

export function alignOfType(type: Type): number {
  switch (type.kind) {
    case "int":
      return type.size;
    case "record":
      return type.align;
    case "array":
      return alignOfType(type.element);
    case "text":
    case "bool":
      return 1;
    default:
      return 8;
  }
}

/** Fields in the order of writing, each at the next multiple of its alignment, as C does. */
export function recordOf(fields: readonly { readonly name: string; readonly type: Type }[]): RecordType {
  let offset = 0;
  let align = 1;
  const placed = fields.map(({ name, type }) => {
    const own = alignOfType(type);
    align = Math.max(align, own);
    offset = Math.ceil(offset / own) * own;
    const field: RecordField = { name, type, offset };
    offset += sizeOfType(type);
    return field;
  });
  return { kind: "record", fields: placed, size: Math.ceil(offset / align) * align, align };
}

/** As an author would write it. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case "int":
      return `${type.signed ? "s" : "u"}${type.size * 8}`;
    case "bool":
      return "boolean";
    case "text":
      return `text<${type.size}>`;
    case "record":
      return `{ ${type.fields.map(({ name, type: field }) => `${name}: ${typeText(field)}`).join("; ")} }`;
    case "array":
      return `array<${typeText(type.element)}, ${type.length}>`;
    case "struct":
      return type.name === "" ? "a struct without a name" : type.name;
    case "pointer":
      return type.user ? "a pointer into user space" : "a kernel pointer";
    case "stack":
      return type.user ? "userStack" : "kernelStack";
  }
}
