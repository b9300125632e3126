/** Where the members of structs and unions are, bit fields included, in the ways that the versions say it. */
import { AT, TAG } from "./constants.ts";
import { Cursor } from "./cursor.ts";
import type { Entry } from "./entry.ts";
import { sizeOfType } from "./sizes.ts";

export interface MemberPlace {
  /** From the struct's start. */
  readonly bitOffset: number;
  /** Bits of a bit field, else 0. */
  readonly bitSize: number;
}

/** Undefined for what is no part of every value: static members, virtual bases. */
export function memberOffset(member: Entry, record: Entry): MemberPlace | undefined {
  if (member.flag(AT.external) || member.flag(AT.declaration)) return undefined;
  const bitSize = member.number(AT.bitSize) ?? 0;
  const bits = member.number(AT.dataBitOffset);
  if (bits !== undefined) return { bitOffset: bits, bitSize };
  const bytes = byteOffset(member);
  if (bytes === undefined) return record.tag === TAG.unionType ? { bitOffset: 0, bitSize } : undefined;
  const fromTop = member.number(AT.bitOffset);
  if (bitSize === 0 || fromTop === undefined) return { bitOffset: bytes * 8, bitSize };
  // Before version 4, bits were counted from the highest of the integer that holds them.
  const storage = member.number(AT.byteSize) ?? sizeOfType(member.type) ?? 4;
  return { bitOffset: bytes * 8 + storage * 8 - fromTop - bitSize, bitSize };
}

/** A constant; in version 2 an expression that adds one to the struct's address (DW_OP_plus_uconst). */
function byteOffset(member: Entry): number | undefined {
  const constant = member.number(AT.dataMemberLocation);
  if (constant !== undefined) return constant;
  const expression = member.expression(AT.dataMemberLocation);
  if (expression === undefined) return undefined;
  const cursor = new Cursor(expression);
  const DW_OP_plus_uconst = 0x23;
  return !cursor.atEnd && cursor.u8() === DW_OP_plus_uconst ? cursor.count() : undefined;
}
