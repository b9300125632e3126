/**
 * What a line program begins with: how its opcodes are to be read, and the names of its files.
 *
 *     ┌────────┬─────────┬──────────────────┬────────────────────────────────┬─────────────────┬────────────┐
 *     │ length │ version │ 5: address size, │ length of the rest of          │ opcodes: see    │ names of   │
 *     │ 4 / 12 │ u16     │    segment size  │ the header                     │ below           │ folders,   │
 *     │        │         │                  │ 4 / 8                          │                 │ of files   │
 *     └────────┴─────────┴──────────────────┴────────────────────────────────┴─────────────────┴────────────┘
 *     opcodes: u8 smallest instruction, 4-5: u8 operations in one, u8 rows are statements at first,
 *              s8 smallest step of lines, u8 number of such steps, u8 first special opcode,
 *              u8 number of operands for each opcode below that
 *     names:   2-4  texts up to an empty one; then text, uleb folder, uleb time, uleb size up to an empty text
 *              5    u8 n, n * (uleb content, uleb form); uleb number of folders, each its values; files alike
 */
import { Cursor } from "./cursor.ts";
import { DwarfError } from "./errors.ts";
import { readForm, type FormValue } from "./forms.ts";
import type { Unit } from "./unit.ts";
import { readLength } from "./unit-header.ts";

export interface LineHeader {
  readonly version: number;
  readonly smallestInstruction: number;
  readonly isStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly firstSpecial: number;
  /** Operands of the opcodes below `firstSpecial`; that of opcode n at n - 1. */
  readonly operands: readonly number[];
  /** By their numbers in the program, paths as they were compiled. */
  readonly files: readonly string[];
  /** The program, the cursor where it begins. */
  readonly program: Cursor;
  readonly addressSize: number;
}

/** Folders and files of one unit; more would be damage. */
const MAX_NAMES = 1 << 16;

/** @param unit whose program it is: names in version 5 may count in its tables, paths from its folder */
export function readLineHeader(unit: Unit, offset: number): LineHeader {
  const { file } = unit;
  const start = new Cursor(
    file.piece(".debug_line", offset, Math.min(12, (file.section(".debug_line")?.size ?? 0) - offset)),
  );
  const { length, offsetSize } = readLength(start);
  const cursor = new Cursor(file.piece(".debug_line", offset, start.at + length), start.at);
  const version = cursor.u16();
  if (version < 2 || version > 5)
    throw new DwarfError(`.debug_line: a program of version ${version}; versions 2 to 5 are known`);
  const addressSize = version < 5 ? unit.header.addressSize : cursor.u8();
  if (version >= 5) cursor.u8();
  const rest = cursor.offset(offsetSize);
  const begin = cursor.at + rest;
  const smallestInstruction = cursor.u8();
  if (version >= 4) cursor.u8();
  const isStatement = cursor.u8() !== 0;
  const lineBase = cursor.s8();
  const lineRange = cursor.u8();
  const firstSpecial = cursor.u8();
  if (lineRange === 0 || firstSpecial === 0) throw new DwarfError(".debug_line: a program without special opcodes");
  const operands = Array.from({ length: firstSpecial - 1 }, () => cursor.u8());
  const files =
    version < 5 ? oldNames(cursor, unit.folder) : newNames(cursor, unit, { version, addressSize, offsetSize });
  const program = new Cursor(cursor.bytes);
  program.take(begin);
  return {
    version,
    smallestInstruction,
    isStatement,
    lineBase,
    lineRange,
    firstSpecial,
    operands,
    files,
    program,
    addressSize,
  };
}

/** Folder 0 is the unit's own, files are counted from 1. */
function oldNames(cursor: Cursor, folder: string): readonly string[] {
  const folders = [folder];
  for (;;) {
    const name = cursor.text();
    if (name === "") break;
    folders.push(joined(folder, name));
  }
  const files = [""];
  for (;;) {
    const name = cursor.text();
    if (name === "") return files;
    const inFolder = cursor.count();
    cursor.skipLeb();
    cursor.skipLeb();
    files.push(joined(folders[inFolder] ?? folder, name));
  }
}

const CONTENT_PATH = 1;
const CONTENT_FOLDER = 2;

/** Folders and files are counted from 0; folder 0 is the unit's. */
function newNames(cursor: Cursor, unit: Unit, encoding: Parameters<typeof readForm>[2]): readonly string[] {
  const folders = readNames(cursor, unit, encoding).map(({ path }) => joined(unit.folder, path));
  return readNames(cursor, unit, encoding).map(({ path, folder }) => joined(folders[folder] ?? unit.folder, path));
}

function readNames(
  cursor: Cursor,
  unit: Unit,
  encoding: Parameters<typeof readForm>[2],
): readonly { path: string; folder: number }[] {
  const formats = Array.from({ length: cursor.u8() }, () => ({ content: cursor.count(), form: cursor.count() }));
  const count = cursor.count();
  if (count > MAX_NAMES || (count > 0 && formats.length === 0))
    throw new DwarfError(`.debug_line: ${count} names, each of ${formats.length} parts`);
  return Array.from({ length: count }, () => {
    let path = "";
    let folder = 0;
    for (const { content, form } of formats) {
      const value: FormValue = readForm(cursor, form, encoding, 0);
      if (content === CONTENT_PATH) path = unit.text(value) ?? "";
      else if (content === CONTENT_FOLDER && typeof value.value === "number") folder = value.value;
    }
    return { path, folder };
  });
}

function joined(folder: string, path: string): string {
  return path.startsWith("/") || folder === "" ? path : `${folder}/${path}`;
}
