/**
 * How a calling convention sees a value: by its size and by what is in each eight bytes of it, not by
 * its name (System V ABI for x86-64, section 3.2.3; AAPCS64, section 6.8).
 */
import { AT, ENCODING, TAG } from "./constants.ts";
import type { Entry } from "./entry.ts";
import { arrayLength } from "./array.ts";
import { memberOffset } from "./members.ts";
import { plainType, POINTERS, RECORDS, sizeOfType } from "./sizes.ts";
import { isPassedByAddress } from "./triviality.ts";

export interface ValueClass {
  /** Bytes. */
  readonly size: number;
  /** For each eight bytes: whether they are only floating-point numbers. Empty if it may not be in registers at all. */
  readonly floats: readonly boolean[];
  /** The size of every number in it if all are floating-point and of one size, with how many there are. */
  readonly alike: { readonly size: number; readonly count: number } | undefined;
  /** C++: it may not be copied byte by byte, so that its address is passed. */
  readonly byReference: boolean;
}

/** Types around types, and structs within structs. */
const MAX_DEPTH = 32;
/** Numbers in a value that fits two registers. */
const MAX_PARTS = 64;
const IN_REGISTERS = 16;

/** Undefined for a type of unknown size or kind. */
export function classOf(type: Entry | undefined): ValueClass | undefined {
  const plain = plainType(type);
  const size = sizeOfType(plain);
  if (plain === undefined || size === undefined) return undefined;
  const byReference = isPassedByAddress(plain);
  const parts: Part[] = [];
  const known = collect(plain, 0, parts, 0);
  // Members that lie across their natural places make the whole be in memory.
  const packed = parts.some(({ offset, size: bytes }) => offset % Math.min(bytes, 8) !== 0);
  // x86-64 has long double in registers of its own, which no argument is passed in.
  const extended = parts.some(({ isFloat, size: bytes }) => isFloat && bytes > 8);
  const first = parts[0];
  const alike =
    first !== undefined && parts.every((part) => part.isFloat && part.size === first.size)
      ? { size: first.size, count: parts.length }
      : undefined;
  if (!known) return size > IN_REGISTERS ? { size, floats: [], alike: undefined, byReference } : undefined;
  // An empty struct takes no place among the arguments.
  if (parts.length === 0) return { size: 0, floats: [], alike, byReference };
  const words = Math.ceil(size / 8);
  const floats =
    size > IN_REGISTERS || packed || extended
      ? []
      : Array.from({ length: words }, (_, word) => {
          const inside = parts.filter(({ offset }) => Math.floor(offset / 8) === word);
          return inside.length > 0 && inside.every(({ isFloat }) => isFloat);
        });
  return { size, floats, alike, byReference };
}

interface Part {
  readonly offset: number;
  readonly size: number;
  readonly isFloat: boolean;
}

/** The numbers that a value is made of; false where something of it is not known, or it has too many for registers. */
function collect(type: Entry | undefined, offset: number, parts: Part[], depth: number): boolean {
  const plain = plainType(type);
  const size = sizeOfType(plain);
  if (plain === undefined || size === undefined || depth > MAX_DEPTH || parts.length > MAX_PARTS) return false;
  if (RECORDS.has(plain.tag)) {
    for (const child of plain.children()) {
      if (child.tag !== TAG.member && child.tag !== TAG.inheritance) continue;
      const place = memberOffset(child, plain);
      if (place === undefined) continue;
      const bits = place.bitSize > 0;
      if (bits) parts.push({ offset: offset + Math.floor(place.bitOffset / 8), size: 1, isFloat: false });
      else if (!collect(child.type, offset + place.bitOffset / 8, parts, depth + 1)) return false;
    }
    return true;
  }
  if (plain.tag === TAG.arrayType) {
    const length = arrayLength(plain) ?? 0;
    const element = sizeOfType(plain.type) ?? 0;
    if (length > MAX_PARTS) return false;
    for (let i = 0; i < length; i++) if (!collect(plain.type, offset + i * element, parts, depth + 1)) return false;
    return true;
  }
  const isFloat = plain.tag === TAG.baseType && plain.number(AT.encoding) === ENCODING.float;
  const isNumber =
    plain.tag === TAG.baseType ||
    plain.tag === TAG.enumerationType ||
    POINTERS.has(plain.tag) ||
    plain.tag === TAG.ptrToMemberType;
  parts.push({ offset, size, isFloat });
  return isNumber && size > 0;
}
