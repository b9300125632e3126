/**
 * .debug_info is one unit after another, a unit for each source file that was compiled, and one for each type
 * that the linker was to keep only one copy of:
 *
 *     version 2-4 ┌────────┬─────────┬─────────────────┬──────────────┐
 *                 │ length │ version │ offset of       │ address size │ entries ...
 *                 │ 4 / 12 │ u16     │ abbreviations   │ u8           │
 *                 └────────┴─────────┴─────────────────┴──────────────┘
 *     (.debug_types of version 4: the type's signature, u64, and the offset of its entry stand before the entries)
 *     version 5   ┌────────┬─────────┬──────┬──────────────┬─────────────────┬─────────────────┐
 *                 │ length │ version │ type │ address size │ offset of       │ of some types:  │ entries ...
 *                 │ 4 / 12 │ u16     │ u8   │ u8           │ abbreviations   │ more            │
 *                 └────────┴─────────┴──────┴──────────────┴─────────────────┴─────────────────┘
 *
 * A length of 0xffffffff says that the length itself follows in 8 bytes, and that offsets have 8.
 */
import { Cursor } from "./cursor.ts";
import { DwarfError } from "./errors.ts";
import type { Encoding } from "./forms.ts";
import { piece, type SectionBytes } from "./source.ts";

/** Where units are: version 4 has those that hold only a type in a section of their own. */
export type UnitSection = ".debug_info" | ".debug_types";

export interface UnitHeader extends Encoding {
  readonly section: UnitSection;
  /** In its section. */
  readonly offset: number;
  /** Of all units' bytes, as if the sections stood behind one another: no two units have the same. */
  readonly place: number;
  /** Of the whole unit, header and length included. */
  readonly size: number;
  readonly abbreviations: number;
  /** Where the first entry is, from the unit's start. */
  readonly firstEntry: number;
  /** Of a type unit, by which others refer to its type. */
  readonly signature?: bigint;
  /** Of a type unit: where the type's entry is, from the unit's start. */
  readonly typeOffset?: number;
}

const MOST_HEADER = 48;
const UT_COMPILE = 1;
const UT_TYPE = 2;
const UT_SKELETON = 4;
const UT_SPLIT_COMPILE = 5;
const UT_SPLIT_TYPE = 6;

/** The length that units, tables and lists all begin with: bytes behind it, and the size of offsets. */
export function readLength(cursor: Cursor): { readonly length: number; readonly offsetSize: 4 | 8 } {
  const short = cursor.u32();
  if (short < 0xffff_fff0) return { length: short, offsetSize: 4 };
  if (short !== 0xffff_ffff) throw new DwarfError(`the length 0x${short.toString(16)} is reserved`);
  return { length: Number(cursor.u64()), offsetSize: 8 };
}

/** No section is larger. */
const TYPES_PLACE = 2 ** 46;

/** All units of a section, by their headers alone. */
export function readUnitHeaders(bytes: SectionBytes, section: UnitSection): readonly UnitHeader[] {
  const headers: UnitHeader[] = [];
  for (let offset = 0; offset < bytes.size;) {
    const header = readUnitHeader(bytes, section, offset);
    headers.push(header);
    offset += header.size;
  }
  return headers;
}

export function readUnitHeader(bytes: SectionBytes, section: UnitSection, offset: number): UnitHeader {
  const cursor = new Cursor(piece(bytes, section, offset, Math.min(MOST_HEADER, bytes.size - offset)));
  const { length, offsetSize } = readLength(cursor);
  const size = cursor.at + length;
  if (offset + size > bytes.size)
    throw new DwarfError(`${section}: a unit of ${size} bytes at ${offset} is larger than the section (${bytes.size})`);
  const version = cursor.u16();
  if (version < 2 || version > 5)
    throw new DwarfError(`${section}: a unit of version ${version}; versions 2 to 5 are known`);
  const type = version < 5 ? (section === ".debug_types" ? UT_TYPE : UT_COMPILE) : cursor.u8();
  const newAddressSize = version < 5 ? undefined : cursor.u8();
  const abbreviations = cursor.offset(offsetSize);
  const addressSize = newAddressSize ?? cursor.u8();
  const place = offset + (section === ".debug_types" ? TYPES_PLACE : 0);
  const common = { section, offset, place, size, version, offsetSize, addressSize, abbreviations };
  if (type === UT_TYPE || type === UT_SPLIT_TYPE) {
    const signature = BigInt(cursor.u64());
    const typeOffset = cursor.offset(offsetSize);
    return { ...common, signature, typeOffset, firstEntry: cursor.at };
  }
  if (type === UT_SKELETON || type === UT_SPLIT_COMPILE) cursor.take(8);
  return { ...common, firstEntry: cursor.at };
}
