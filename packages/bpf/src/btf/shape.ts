/**
 * How a value of a type lies in memory, freed of what C says twice: typedefs and qualifiers are gone,
 * members of anonymous structs stand in their parent, offsets are bytes. Readers and writers of
 * values ({@link codecOfShape}) and comparisons of layouts ({@link layoutText}) are made from it.
 */
import type { Btf, BtfMember, BtfType, TypeId } from "./btf.ts";
import { BtfError } from "./errors.ts";
import { resolve } from "./members.ts";

export type Shape =
  /** 1, 2, 4, 8 or 16 bytes; of an enum also its names. */
  | { readonly kind: "int"; readonly size: number; readonly signed: boolean; readonly names?: readonly EnumName[] }
  | { readonly kind: "bool"; readonly size: number }
  /** A bit field: `bits` bits from bit `shift` (0 to 7) of its first byte; `size` is how many bytes that touches. */
  | {
      readonly kind: "bits";
      readonly size: number;
      readonly shift: number;
      readonly bits: number;
      readonly encoding: "unsigned" | "signed" | "bool";
    }
  | { readonly kind: "float"; readonly size: 4 | 8 }
  /** An address; its size is 8. */
  | { readonly kind: "pointer"; readonly size: 8 }
  /** Bytes as they are: arrays of one-byte integers, and what has no better form. `text` if declared as char. */
  | { readonly kind: "bytes"; readonly size: number; readonly text: boolean }
  | { readonly kind: "list"; readonly size: number; readonly length: number; readonly of: Shape }
  /** A struct or union; members of a union overlap. */
  | { readonly kind: "record"; readonly size: number; readonly fields: readonly ShapeField[] };

export interface ShapeField {
  readonly name: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  readonly shape: Shape;
}

export interface EnumName {
  readonly name: string;
  readonly value: bigint;
}

/** As deep as the kernel itself lets types nest. */
const MAX_DEPTH = 32;
/** Of one struct, those of its anonymous members included; the kernel's largest have some three hundred. */
const MAX_FIELDS = 4096;
/** Of one type, its members' members included, an array's element counted once. */
const MAX_PARTS = 1 << 20;
/** Bytes: more than any map's value has. */
const MAX_SIZE = 0xffff_ffff;

/** The shape of a type. Throws BtfError for what has no size: void, functions, forward declarations. */
export function shapeOf(btf: Btf, id: TypeId): Shape {
  return new Shapes(btf).of(id, 0);
}

/** Types met twice have one shape, so that it stays as small as the types are. */
class Shapes {
  readonly #btf: Btf;
  readonly #known = new Map<TypeId, Shape>();
  /** How many shapes one is made of: text and code made from it are as long. */
  readonly #parts = new Map<Shape, number>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  of(id: TypeId, depth: number): Shape {
    const type = resolve(this.#btf, id);
    const known = this.#known.get(type.id);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw new BtfError(`BTF type ${id} nests more than ${MAX_DEPTH} deep`);
    const shape = this.#make(type, depth);
    this.#parts.set(shape, this.#count(shape, id));
    this.#known.set(type.id, shape);
    return shape;
  }

  #count(shape: Shape, id: TypeId): number {
    let parts = 1;
    if (shape.kind === "list") parts += this.#parts.get(shape.of)!;
    if (shape.kind === "record") for (const field of shape.fields) parts += this.#parts.get(field.shape) ?? 1;
    if (parts > MAX_PARTS) throw new BtfError(`BTF type ${id} has more than ${MAX_PARTS} members within members`);
    return parts;
  }

  #make(type: BtfType, depth: number): Shape {
    switch (type.kind) {
      case "int": {
        const { size, bits, bitOffset } = type;
        checkInteger(type);
        if (type.encoding === "bool") return { kind: "bool", size };
        const signed = type.encoding === "signed";
        if (bits === size * 8) return { kind: "int", size, signed };
        if (bitOffset + bits > size * 8)
          throw new BtfError(
            `BTF type ${type.id}: bits ${bitOffset} to ${bitOffset + bits} of an integer of ${size} bytes`,
          );
        return { kind: "bits", size, shift: bitOffset, bits, encoding: signed ? "signed" : "unsigned" };
      }
      case "enum":
      case "enum64":
        checkInteger(type);
        return { kind: "int", size: type.size, signed: type.signed, names: type.values };
      case "ptr":
        return { kind: "pointer", size: 8 };
      case "float":
        return type.size === 4 || type.size === 8
          ? { kind: "float", size: type.size }
          : { kind: "bytes", size: type.size, text: false };
      case "array":
        return this.#array(type, depth);
      case "struct":
      case "union":
        return recordOf(type.id, type.size, this.#fields(type.members, depth));
      case "datasec": {
        const fields = this.#variables(type, depth);
        // Compilers leave the size to whoever links the object.
        return recordOf(type.id, type.size === 0 ? endOf(fields) : type.size, fields);
      }
      case "var":
        return this.of(type.type, depth + 1);
      default:
        throw new BtfError(`BTF type ${type.id} (${type.kind}) has no size`);
    }
  }

  #array(type: Extract<BtfType, { kind: "array" }>, depth: number): Shape {
    const element = resolve(this.#btf, type.type);
    if (element.kind === "int" && element.size === 1 && element.encoding !== "bool")
      return { kind: "bytes", size: type.length, text: element.encoding === "char" || element.name === "char" };
    const of = this.of(type.type, depth + 1);
    const size = type.length * of.size;
    if (size > MAX_SIZE || (of.size === 0 && type.length > MAX_FIELDS))
      throw new BtfError(`BTF type ${type.id} is an array of ${type.length} elements`);
    return { kind: "list", size, length: type.length, of };
  }

  #fields(members: readonly BtfMember[], depth: number): ShapeField[] {
    const fields: ShapeField[] = [];
    for (const member of members) {
      if (member.name !== "") fields.push(this.#field(member, depth));
      else fields.push(...this.#anonymous(member, depth));
      if (fields.length > MAX_FIELDS) throw new BtfError(`a BTF struct has more than ${MAX_FIELDS} members`);
    }
    return fields;
  }

  /** The members of a struct or union without a name, as its parent's; bit fields without a name are padding. */
  #anonymous({ type: id, bitOffset }: BtfMember, depth: number): readonly ShapeField[] {
    const type = resolve(this.#btf, id);
    if (type.kind !== "struct" && type.kind !== "union") return [];
    if (bitOffset % 8 !== 0) throw new BtfError(`BTF type ${type.id} is a member amid a byte`);
    const shape = this.of(id, depth + 1);
    return shape.kind === "record"
      ? shape.fields.map((field) => ({ ...field, offset: field.offset + bitOffset / 8 }))
      : [];
  }

  /** Objects of older compilers give a bit field's size in its integer type instead of its member. */
  #field({ name, type: id, bitOffset, bitSize }: BtfMember, depth: number): ShapeField {
    const shape = this.of(id, depth + 1);
    const bits = bitSize > 0 ? bitSize : shape.kind === "bits" ? shape.bits : 0;
    if (bits === 0) return { name, offset: bitOffset >>> 3, shape };
    const first = bitOffset + (shape.kind === "bits" ? shape.shift : 0);
    const shift = first & 7;
    const size = Math.ceil((shift + bits) / 8);
    return { name, offset: first >>> 3, shape: { kind: "bits", size, shift, bits, encoding: encodingOf(shape) } };
  }

  #variables(section: Extract<BtfType, { kind: "datasec" }>, depth: number): ShapeField[] {
    return section.variables.flatMap(({ type: id, offset }) => {
      const variable = this.#btf.type(id);
      if (variable.kind !== "var") return [];
      return [{ name: variable.name, offset, shape: this.of(variable.type, depth + 1) }];
    });
  }
}

/** As the kernel demands of integers and enums. */
function checkInteger({ id, size }: { readonly id: TypeId; readonly size: number }): void {
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8 && size !== 16)
    throw new BtfError(`BTF type ${id} is an integer of ${size} bytes`);
}

function recordOf(id: TypeId, size: number, fields: readonly ShapeField[]): Shape {
  const outside = fields.find((field) => field.offset + field.shape.size > size);
  if (outside !== undefined)
    throw new BtfError(
      `BTF type ${id} has ${size} bytes, but its member '${outside.name}' ends at ${outside.offset + outside.shape.size}`,
    );
  return { kind: "record", size, fields };
}

function endOf(fields: readonly ShapeField[]): number {
  return fields.reduce((end, { offset, shape }) => Math.max(end, offset + shape.size), 0);
}

function encodingOf(shape: Shape): "unsigned" | "signed" | "bool" {
  if (shape.kind === "bool") return "bool";
  if (shape.kind === "bits") return shape.encoding;
  return shape.kind === "int" && shape.signed ? "signed" : "unsigned";
}

/** A type's layout as one line, by which two types are the same if values of one can be read as the other. */
export function layoutText(btf: Btf, id: TypeId): string {
  return describe(shapeOf(btf, id));
}

function describe(shape: Shape): string {
  switch (shape.kind) {
    case "int":
      return `${shape.signed ? "s" : "u"}${shape.size * 8}`;
    case "bits":
      return `${shape.encoding}:${shape.bits}@${shape.shift}`;
    case "bool":
      return shape.size === 1 ? "bool" : `bool${shape.size * 8}`;
    case "float":
      return `f${shape.size * 8}`;
    case "pointer":
      return "pointer";
    case "bytes":
      return `${shape.text ? "char" : "u8"}[${shape.size}]`;
    case "list":
      return `${describe(shape.of)}[${shape.length}]`;
    case "record": {
      const fields = shape.fields.map(({ name, offset, shape: of }) => `${offset} ${name} ${describe(of)}`);
      return `{${fields.join("; ")}} of ${shape.size}`;
    }
  }
}
