/**
 * How to write a struct so that a C compiler lays it out as BTF says. BTF has offsets and a size, but
 * neither alignment nor padding; so the compiler's own rules (those of System V, which clang follows
 * for BPF too) are run over the members, and where they would put one elsewhere, padding is written
 * before it or the struct is packed. Padding is made of bit fields without a name, which are no
 * members, so that the compiler's BTF has the same members as ours.
 */
import type { Btf, BtfMember, TypeId } from "../btf.ts";
import { BtfError } from "../errors.ts";
import { isComposite, resolve, sizeOf } from "../members.ts";
import type { Composite } from "../members.ts";

export type Part =
  /** The member with this index; `bits` of a bit field, else 0. */
  | { readonly kind: "member"; readonly index: number; readonly bits: number }
  /** A `long` bit field of so many bits, without a name. */
  | { readonly kind: "padding"; readonly bits: number }
  /** An array that fills what C cannot say otherwise. */
  | { readonly kind: "bytes"; readonly length: number };

export interface CLayout {
  readonly parts: readonly Part[];
  readonly packed: boolean;
  /** What an `aligned` attribute must say; undefined if none is needed. */
  readonly aligned: number | undefined;
  /** The alignment that the compiler gives, in bytes. */
  readonly alignment: number;
}

/** A member as the compiler sees it; all in bits. */
interface Field {
  readonly index: number;
  readonly start: number;
  readonly length: number;
  readonly bits: number;
  /** Of its type: alignment and, for bit fields, size. */
  readonly alignment: number;
  readonly unit: number;
}

const LONG_BITS = 64;
const MAX_ALIGNMENT = 4096;
const MAX_DEPTH = 64;
/** Bits: twice what the largest alignment leaves free. A struct with more is damaged, and would be all padding. */
const MAX_PADDING = 2 * MAX_ALIGNMENT * 8;

export class CLayouts {
  readonly #btf: Btf;
  readonly #known = new Map<TypeId, CLayout>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** Members that overlap outside a union cannot be said in C: their struct becomes bytes. */
  of(type: Composite, depth = 0): CLayout {
    const known = this.#known.get(type.id);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw new BtfError(`BTF type ${type.id} contains itself`);
    const fields = type.members.map((member, index) => this.#field(member, index, depth + 1));
    const write = type.kind === "struct" ? writeStruct : writeUnion;
    const layout = write(fields, type.size, false) ?? write(fields, type.size, true) ?? opaque(type.size);
    this.#known.set(type.id, layout);
    return layout;
  }

  #field({ type: id, bitOffset, bitSize }: BtfMember, index: number, depth: number): Field {
    const type = resolve(this.#btf, id);
    const unit = sizeOf(this.#btf, id) * 8;
    const alignment = this.#alignmentOf(id, depth) * 8;
    if (bitSize === 0 && type.kind === "int" && type.bits !== unit) {
      // Old compilers give a bit field's size in its integer type instead of its member.
      const bits = type.bits;
      return { index, start: bitOffset + type.bitOffset, length: bits, bits, alignment, unit };
    }
    return { index, start: bitOffset, length: bitSize || unit, bits: bitSize, alignment, unit };
  }

  /** In bytes. */
  #alignmentOf(id: TypeId, depth: number): number {
    const type = resolve(this.#btf, id);
    if (type.kind === "array") return this.#alignmentOf(type.type, depth);
    return isComposite(type) ? this.of(type, depth).alignment : sizeOf(this.#btf, id);
  }
}

function writeStruct(fields: readonly Field[], size: number, packed: boolean): CLayout | undefined {
  const parts: Part[] = [];
  let at = 0;
  let alignment = 8;
  for (const field of fields) {
    const place = placeOf(field, at, packed);
    if (place > field.start || field.start - at > MAX_PADDING) return undefined;
    if (place < field.start) {
      parts.push(...padding(at, field.start));
      if (placeOf(field, field.start, packed) !== field.start) return undefined;
    }
    parts.push({ kind: "member", index: field.index, bits: field.bits });
    at = field.start + field.length;
    if (!packed) alignment = Math.max(alignment, field.alignment);
  }
  const end = roundUp(at, alignment);
  if (end > size * 8 || size * 8 - at > MAX_PADDING || (size * 8) % alignment !== 0) return undefined;
  if (end < size * 8) parts.push(...padding(at, size * 8));
  return { parts, packed, aligned: undefined, alignment: alignment / 8 };
}

/** Where the compiler puts a member that follows what ends at `at`. A bit field keeps within one unit of its type. */
function placeOf({ bits, alignment, unit }: Field, at: number, packed: boolean): number {
  if (bits === 0) return roundUp(at, packed ? 8 : alignment);
  return !packed && (at % unit) + bits > unit ? roundUp(at, alignment) : at;
}

function writeUnion(fields: readonly Field[], size: number, packed: boolean): CLayout | undefined {
  if (fields.some(({ start }) => start !== 0)) return undefined;
  const alignment = packed ? 8 : fields.reduce((most, field) => Math.max(most, field.alignment), 8);
  const extent = fields.reduce((most, { length }) => Math.max(most, length), 0);
  if (roundUp(extent, alignment) > size * 8 || (size * 8) % alignment !== 0) return undefined;
  const parts: Part[] = fields.map(({ index, bits }) => ({ kind: "member", index, bits }));
  if (roundUp(extent, alignment) === size * 8) return { parts, packed, aligned: undefined, alignment: alignment / 8 };
  for (let aligned = alignment / 4; aligned <= MAX_ALIGNMENT; aligned *= 2)
    if (roundUp(extent, aligned * 8) === size * 8) return { parts, packed, aligned, alignment: aligned };
  return { parts: [...parts, { kind: "bytes", length: size }], packed, aligned: undefined, alignment: alignment / 8 };
}

function opaque(size: number): CLayout {
  return { parts: [{ kind: "bytes", length: size }], packed: false, aligned: undefined, alignment: 1 };
}

/** From bit to bit, never across the unit of a `long`. */
function padding(from: number, to: number): Part[] {
  const parts: Part[] = [];
  for (let at = from; at < to;) {
    const end = Math.min(to, roundUp(at + 1, LONG_BITS));
    parts.push({ kind: "padding", bits: end - at });
    at = end;
  }
  return parts;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
