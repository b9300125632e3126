/** One unit: its entries, and what its root says of the tables that values are looked up in. */
import type { Abbreviation } from "./abbreviations.ts";
import { AT, FORM } from "./constants.ts";
import { Cursor } from "./cursor.ts";
import type { DebugFile } from "./debug-file.ts";
import { Entry } from "./entry.ts";
import { DwarfError } from "./errors.ts";
import type { FormValue } from "./forms.ts";
import type { UnitHeader } from "./unit-header.ts";

export class Unit {
  readonly file: DebugFile;
  readonly header: UnitHeader;
  readonly bytes: Uint8Array;
  readonly abbreviations: ReadonlyMap<number, Abbreviation>;
  readonly root: Entry;
  readonly #view: DataView;
  readonly #bases = new Map<number, number>();

  /** Errors: DwarfError. */
  constructor(file: DebugFile, header: UnitHeader) {
    this.file = file;
    this.header = header;
    this.bytes = file.piece(header.section, header.offset, header.size);
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    this.abbreviations = file.abbreviations(header);
    const root = this.entryAt(header.firstEntry);
    if (root === undefined) throw new DwarfError(`${header.section}: the unit at ${header.offset} has no entry`);
    this.root = root;
  }

  /** The entry at an offset from the unit's start; undefined for the mark at the end of a list of children. */
  entryAt(offset: number): Entry | undefined {
    const cursor = this.cursor(offset);
    const code = cursor.count();
    if (code === 0) return undefined;
    const abbreviation = this.abbreviations.get(code);
    if (abbreviation === undefined)
      throw new DwarfError(
        `${this.header.section}: the entry at ${this.header.offset + offset} has the unknown shape ${code}`,
      );
    return new Entry(this, offset, abbreviation, cursor.at);
  }

  /** At an offset from the unit's start. */
  cursor(offset: number): Cursor {
    return new Cursor(this.bytes, offset, this.#view);
  }

  /** Entries of these tags in the order of the file, at any depth. */
  *entries(tags: ReadonlySet<number>): Iterable<Entry> {
    for (let at = this.header.firstEntry; at < this.bytes.length;) {
      const entry = this.entryAt(at);
      if (entry !== undefined && tags.has(entry.tag)) yield entry;
      at = entry === undefined ? at + 1 : entry.end;
    }
  }

  /** Where the code was compiled; relative names of files count from there. */
  get folder(): string {
    return this.root.text(AT.compDir) ?? "";
  }

  /** Where addresses of the unit's lists count from. */
  get start(): number {
    return this.root.address(AT.lowPc) ?? 0;
  }

  /** A text, whichever section it is kept in. */
  text({ form, value }: FormValue): string | undefined {
    if (typeof value === "string") return value;
    if (typeof value !== "number") return undefined;
    switch (form) {
      case FORM.strp:
        return this.file.text(".debug_str", value);
      case FORM.lineStrp:
        return this.file.text(".debug_line_str", value);
      case FORM.strpSup:
      case FORM.gnuStrpAlt:
        return this.file.supplementary().text(".debug_str", value);
      case FORM.strx:
      case FORM.strx1:
      case FORM.strx2:
      case FORM.strx3:
      case FORM.strx4:
        return this.file.text(".debug_str", this.#offsetAt(".debug_str_offsets", AT.strOffsetsBase, value));
      default:
        return undefined;
    }
  }

  /** An address, in place or in .debug_addr; undefined for values of other forms. */
  address({ form, value }: FormValue): number | undefined {
    if (typeof value === "string" || value instanceof Uint8Array) return undefined;
    switch (form) {
      case FORM.addr:
        return Number(value);
      case FORM.addrx:
      case FORM.addrx1:
      case FORM.addrx2:
      case FORM.addrx3:
      case FORM.addrx4:
        return this.addressAt(Number(value));
      default:
        return undefined;
    }
  }

  /** An address by its number in .debug_addr. */
  addressAt(index: number): number {
    const { addressSize } = this.header;
    const at = this.base(AT.addrBase) + index * addressSize;
    return new Cursor(this.file.piece(".debug_addr", at, addressSize)).address(addressSize);
  }

  /** An offset by its number in one of the tables that version 5 begins its lists with; it counts from the table's base. */
  listOffset(section: string, base: number, index: number): number {
    return this.base(base) + this.#offsetAt(section, base, index);
  }

  #offsetAt(section: string, base: number, index: number): number {
    const { offsetSize } = this.header;
    const at = this.base(base) + index * offsetSize;
    return new Cursor(this.file.piece(section, at, offsetSize)).offset(offsetSize);
  }

  /** Where a unit's part of a table begins, as its root says. */
  base(attribute: number): number {
    let base = this.#bases.get(attribute);
    if (base === undefined) {
      base = this.root.number(attribute) ?? 0;
      this.#bases.set(attribute, base);
    }
    return base;
  }

  /** The entry that a reference leads to; undefined where the value is none. Errors: DwarfError. */
  follow({ form, value }: FormValue): Entry | undefined {
    if (typeof value === "string" || value instanceof Uint8Array) return undefined;
    switch (form) {
      case FORM.ref1:
      case FORM.ref2:
      case FORM.ref4:
      case FORM.ref8:
      case FORM.refUdata:
        return this.entryAt(Number(value));
      case FORM.refAddr:
        return this.file.entryAt(Number(value));
      case FORM.refSig8:
        return this.file.typeBySignature(BigInt(value));
      case FORM.refSup4:
      case FORM.refSup8:
      case FORM.gnuRefAlt:
        return this.file.supplementary().entryAt(Number(value));
      default:
        return undefined;
    }
  }
}
