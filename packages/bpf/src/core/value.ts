/** What a relocation of each kind comes to, once its access is known in a BTF. */
import { CoreKind } from "../asm/instruction.ts";
import type { Btf, TypeId } from "../btf/btf.ts";
import { BtfError } from "../btf/errors.ts";
import { resolve, sizeOf } from "../btf/members.ts";
import { classOfKind, isEnum } from "./access.ts";
import type { Access } from "./access.ts";

export interface Value {
  readonly value: bigint;
  /** For a field's offset: the type and size of what lies there, by which loads are widened or narrowed. */
  readonly field?: { readonly type: TypeId; readonly size: number };
}

/** The value where nothing was found, or undefined if the kind has none: then the code may not run. */
export function valueWhenMissing(kind: CoreKind): Value | undefined {
  switch (kind) {
    case CoreKind.FieldExists:
    case CoreKind.EnumValueExists:
    case CoreKind.TypeExists:
    case CoreKind.TypeMatches:
    case CoreKind.TypeSize:
    case CoreKind.TargetTypeId:
      return { value: 0n };
    default:
      return undefined;
  }
}

/** Throws BtfError for a bit field that no load of eight bytes covers, and for what an array element does not have. */
export function valueOf(btf: Btf, access: Access, kind: CoreKind): Value {
  switch (classOfKind(kind)) {
    case "type":
      return { value: typeValue(btf, access, kind) };
    case "enumerator":
      return { value: enumeratorValue(btf, access, kind) };
    case "field":
      return fieldValue(btf, access, kind);
  }
}

function typeValue(btf: Btf, access: Access, kind: CoreKind): bigint {
  switch (kind) {
    case CoreKind.LocalTypeId:
    case CoreKind.TargetTypeId:
      return BigInt(access.root);
    case CoreKind.TypeSize:
      return BigInt(sizeOf(btf, access.root));
    default:
      return 1n;
  }
}

function enumeratorValue(btf: Btf, access: Access, kind: CoreKind): bigint {
  if (kind === CoreKind.EnumValueExists) return 1n;
  const step = access.steps[0]!;
  const type = btf.type(step.type);
  return isEnum(type) ? type.values[step.index]!.value : 0n;
}

function fieldValue(btf: Btf, access: Access, kind: CoreKind): Value {
  if (kind === CoreKind.FieldExists) return { value: 1n };
  const last = access.steps.at(-1)!;
  return last.member === undefined ? elementValue(btf, access, kind) : memberValue(btf, access, kind);
}

function elementValue(btf: Btf, access: Access, kind: CoreKind): Value {
  const { type } = access.steps.at(-1)!;
  const size = sizeOf(btf, type);
  switch (kind) {
    case CoreKind.FieldByteOffset:
      return { value: BigInt(access.bitOffset / 8), field: { type, size } };
    case CoreKind.FieldByteSize:
      return { value: BigInt(size) };
    default:
      throw new BtfError(`CO-RE relocation of kind ${kind} makes no sense for an array element`);
  }
}

function memberValue(btf: Btf, access: Access, kind: CoreKind): Value {
  const { type, bitSize } = access.steps.at(-1)!.member!;
  const isBitField = bitSize > 0;
  const size = sizeOf(btf, type);
  const unit = isBitField
    ? bitFieldUnit(access.bitOffset, bitSize, size)
    : { offset: Math.floor(access.bitOffset / 8), size };
  const bits = isBitField ? bitSize : size * 8;
  switch (kind) {
    case CoreKind.FieldByteOffset:
      return isBitField ? { value: BigInt(unit.offset) } : { value: BigInt(unit.offset), field: { type, size } };
    case CoreKind.FieldByteSize:
      return { value: BigInt(unit.size) };
    case CoreKind.FieldSigned:
      return { value: isSigned(btf, type) ? 1n : 0n };
    // Little-endian: what lies above the field in its load is shifted out to the left, then all goes back right.
    case CoreKind.FieldLeftShift:
      return { value: BigInt(64 - (access.bitOffset + bits - unit.offset * 8)) };
    default:
      return { value: BigInt(64 - bits) };
  }
}

/** The smallest aligned load that covers a bit field, at least of its declared type's size. */
function bitFieldUnit(bitOffset: number, bits: number, declared: number): { offset: number; size: number } {
  for (let size = declared; size <= 8; size *= 2) {
    const offset = Math.floor(bitOffset / 8 / size) * size;
    if (bitOffset + bits <= (offset + size) * 8) return { offset, size };
  }
  throw new BtfError(`a bit field of ${bits} bits at bit ${bitOffset} is covered by no aligned load of 8 bytes`);
}

function isSigned(btf: Btf, id: TypeId): boolean {
  const type = resolve(btf, id);
  return isEnum(type) ? type.signed : type.kind === "int" && type.encoding === "signed";
}
