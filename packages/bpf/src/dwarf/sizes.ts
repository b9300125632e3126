/** Types without their names, and how many bytes values of them have. */
import { arrayLength } from "./array.ts";
import { AT, TAG } from "./constants.ts";
import type { Entry } from "./entry.ts";

export const POINTERS: ReadonlySet<number> = new Set([TAG.pointerType, TAG.referenceType, TAG.rvalueReferenceType]);
const TRANSPARENT: ReadonlySet<number> = new Set([
  TAG.constType,
  TAG.volatileType,
  TAG.restrictType,
  TAG.atomicType,
  TAG.typedef,
  TAG.templateAlias,
]);
export const RECORDS: ReadonlySet<number> = new Set([TAG.structureType, TAG.classType, TAG.unionType]);
/** Types around types. */
const MAX_DEPTH = 32;

/** Without typedefs and qualifiers; undefined for void. */
export function plainType(type: Entry | undefined): Entry | undefined {
  let plain = type;
  for (let depth = 0; plain !== undefined && TRANSPARENT.has(plain.tag) && depth < MAX_DEPTH; depth++)
    plain = plain.type;
  return plain;
}

/** Bytes of a value; undefined where that is not known. */
export function sizeOfType(type: Entry | undefined, depth = 0): number | undefined {
  const plain = plainType(type);
  if (plain === undefined || depth > MAX_DEPTH) return undefined;
  const size = plain.number(AT.byteSize);
  if (size !== undefined) return size;
  if (POINTERS.has(plain.tag)) return plain.unit.header.addressSize;
  if (plain.tag !== TAG.arrayType) return undefined;
  const element = sizeOfType(plain.type, depth + 1);
  const length = arrayLength(plain);
  return element === undefined || length === undefined ? undefined : element * length;
}
