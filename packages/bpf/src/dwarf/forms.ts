/**
 * How values are written. A form gives the bytes; what they mean depends on the unit (sizes, and bases
 * of the tables that indices count in), so reading gives the value with its form, and `Unit` does the rest.
 */
import { FORM } from "./constants.ts";
import type { Cursor } from "./cursor.ts";
import { DwarfError } from "./errors.ts";

/** What a unit's header says of sizes. */
export interface Encoding {
  readonly version: number;
  /** Bytes of an address. */
  readonly addressSize: number;
  /** Bytes of an offset into a section: 4, or 8 in the 64-bit format. */
  readonly offsetSize: number;
}

/** Numbers that are no number exactly are bigints; blocks and expressions are bytes; texts in place are texts. */
export type RawValue = number | bigint | string | Uint8Array;

export interface FormValue {
  readonly form: number;
  readonly value: RawValue;
}

const F = FORM;

/** Bytes that a form takes whatever its value; undefined where the value says. */
export function fixedSize(form: number, encoding: Encoding): number | undefined {
  switch (form) {
    case F.flagPresent:
    case F.implicitConst:
      return 0;
    case F.data1:
    case F.ref1:
    case F.flag:
    case F.strx1:
    case F.addrx1:
      return 1;
    case F.data2:
    case F.ref2:
    case F.strx2:
    case F.addrx2:
      return 2;
    case F.strx3:
    case F.addrx3:
      return 3;
    case F.data4:
    case F.ref4:
    case F.strx4:
    case F.addrx4:
    case F.refSup4:
      return 4;
    case F.data8:
    case F.ref8:
    case F.refSig8:
    case F.refSup8:
      return 8;
    case F.data16:
      return 16;
    case F.addr:
      return encoding.addressSize;
    case F.refAddr:
      // Version 2 wrote it as large as an address.
      return encoding.version < 3 ? encoding.addressSize : encoding.offsetSize;
    case F.strp:
    case F.lineStrp:
    case F.secOffset:
    case F.strpSup:
    case F.gnuRefAlt:
    case F.gnuStrpAlt:
      return encoding.offsetSize;
    default:
      return undefined;
  }
}

/** Goes behind a value. */
export function skipForm(cursor: Cursor, form: number, encoding: Encoding): void {
  const size = fixedSize(form, encoding);
  if (size !== undefined) cursor.take(size);
  else if (form === F.string) cursor.skipText();
  else if (form === F.block1) cursor.take(cursor.u8());
  else if (form === F.block2) cursor.take(cursor.u16());
  else if (form === F.block4) cursor.take(cursor.u32());
  else if (form === F.block || form === F.exprloc) cursor.take(cursor.count());
  else if (form === F.indirect) skipForm(cursor, direct(cursor), encoding);
  else if (isLeb(form)) cursor.skipLeb();
  else throw unknownForm(form);
}

/** @param implicit the value of an implicit constant, which stands with the shape */
export function readForm(cursor: Cursor, form: number, encoding: Encoding, implicit: number | bigint): FormValue {
  switch (form) {
    case F.indirect:
      return readForm(cursor, direct(cursor), encoding, implicit);
    case F.flagPresent:
      return { form, value: 1 };
    case F.implicitConst:
      return { form, value: implicit };
    case F.sdata:
      return { form, value: cursor.sleb() };
    case F.string:
      return { form, value: cursor.text() };
    case F.data16:
      return { form, value: cursor.block(16) };
    case F.block1:
      return { form, value: cursor.block(cursor.u8()) };
    case F.block2:
      return { form, value: cursor.block(cursor.u16()) };
    case F.block4:
      return { form, value: cursor.block(cursor.u32()) };
    case F.block:
    case F.exprloc:
      return { form, value: cursor.block(cursor.count()) };
    default:
      return { form, value: isLeb(form) ? cursor.uleb() : word(cursor, form, encoding) };
  }
}

function word(cursor: Cursor, form: number, encoding: Encoding): number | bigint {
  switch (fixedSize(form, encoding)) {
    case 1:
      return cursor.u8();
    case 2:
      return cursor.u16();
    case 3:
      return cursor.u24();
    case 4:
      return cursor.u32();
    case 8:
      return cursor.u64();
    default:
      throw unknownForm(form);
  }
}

function isLeb(form: number): boolean {
  return (
    form === F.udata ||
    form === F.sdata ||
    form === F.refUdata ||
    form === F.strx ||
    form === F.addrx ||
    form === F.loclistx ||
    form === F.rnglistx
  );
}

/** The form that stands before the value itself. It is not to say the same again, which would not end. */
function direct(cursor: Cursor): number {
  const form = cursor.count();
  if (form === F.indirect || form === F.implicitConst) throw unknownForm(form);
  return form;
}

function unknownForm(form: number): DwarfError {
  return new DwarfError(`a value of the unknown form 0x${form.toString(16)}`);
}
