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

/** The shape of a type. Throws BtfError for what has no size: void, functions, forward declarations. */
export function shapeOf(btf: Btf, id: TypeId): Shape {
  return new Shapes(btf).of(id, 0);
}

/** Types met twice have one shape, so that it stays as small as the types are. */
class Shapes {
  readonly #btf: Btf;
  readonly #known = new Map<TypeId, Shape>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  of(id: TypeId, depth: number): Shape {
    const type = resolve(this.#btf, id);
    const known = this.#known.get(type.id);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw new BtfError(`BTF type ${id} nests more than ${MAX_DEPTH} deep`);
    const shape = this.#make(type, depth);
    this.#known.set(type.id, shape);
    return shape;
  }

  #make(type: BtfType, depth: number): Shape {
    switch (type.kind) {
      case "int": {
        if (type.encoding === "bool") return { kind: "bool", size: type.size };
        const { size, bits, bitOffset } = type;
        const signed = type.encoding === "signed";
        if (bits === size * 8) return { kind: "int", size, signed };
        return { kind: "bits", size, shift: bitOffset, bits, encoding: signed ? "signed" : "unsigned" };
      }
      case "enum":
      case "enum64":
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
        return { kind: "record", size: type.size, fields: this.#fields(type.members, 0, depth) };
      case "datasec":
        return { kind: "record", size: type.size, fields: this.#variables(type, depth) };
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
    return { kind: "list", size: type.length * of.size, length: type.length, of };
  }

  #fields(members: readonly BtfMember[], bitBase: number, depth: number): ShapeField[] {
    if (depth > MAX_DEPTH) throw new BtfError(`a BTF struct nests more than ${MAX_DEPTH} deep`);
    const fields: ShapeField[] = [];
    for (const member of members) {
      const bitOffset = bitBase + member.bitOffset;
      const type = resolve(this.#btf, member.type);
      if (member.name !== "") fields.push(this.#field(member, bitOffset, depth));
      else if (type.kind === "struct" || type.kind === "union")
        fields.push(...this.#fields(type.members, bitOffset, depth + 1));
      if (fields.length > MAX_FIELDS) throw new BtfError(`a BTF struct has more than ${MAX_FIELDS} members`);
    }
    return fields;
  }

  /** Objects of older compilers give a bit field's size in its integer type instead of its member. */
  #field({ name, type: id, bitSize }: BtfMember, bitOffset: number, depth: number): ShapeField {
    const shape = this.of(id, depth + 1);
    const bits = bitSize > 0 ? bitSize : shape.kind === "bits" ? shape.bits : 0;
    if (bits === 0) return { name, offset: bitOffset >> 3, shape };
    const first = bitOffset + (shape.kind === "bits" ? shape.shift : 0);
    const shift = first & 7;
    const size = Math.ceil((shift + bits) / 8);
    return { name, offset: first >> 3, shape: { kind: "bits", size, shift, bits, encoding: encodingOf(shape) } };
  }

  #variables(section: Extract<BtfType, { kind: "datasec" }>, depth: number): ShapeField[] {
    return section.variables.flatMap(({ type: id, offset }) => {
      const variable = this.#btf.type(id);
      if (variable.kind !== "var") return [];
      return [{ name: variable.name, offset, shape: this.of(variable.type, depth + 1) }];
    });
  }
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
