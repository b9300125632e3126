/**
 * A file's debugging information, read as it is asked for: the headers of all units once, a unit when
 * something in it is wanted. One function of a large program costs the reading of its unit.
 */
import { readAbbreviations, type Abbreviation } from "./abbreviations.ts";
import { Cursor } from "./cursor.ts";
import type { Entry } from "./entry.ts";
import { DwarfError } from "./errors.ts";
import type { Encoding } from "./forms.ts";
import { piece, textAt, type DwarfSource, type SectionBytes } from "./source.ts";
import { Unit } from "./unit.ts";
import { readUnitHeader, readUnitHeaders, type UnitHeader, type UnitSection } from "./unit-header.ts";

/** Units that are kept at most; of a large program one unit has some megabytes. */
const KEPT_UNITS = 16;

export class DebugFile {
  readonly #source: DwarfSource;
  readonly #sections = new Map<string, SectionBytes | undefined>();
  readonly #whole = new Map<string, Uint8Array>();
  readonly #abbreviations = new Map<string, ReadonlyMap<number, Abbreviation>>();
  readonly #units = new Map<number, Unit>();
  #headers: readonly UnitHeader[] | undefined;
  #allHeaders: readonly UnitHeader[] | undefined;
  #typeUnits: Map<bigint, UnitHeader> | undefined;
  #supplementary: DebugFile | undefined;

  constructor(source: DwarfSource) {
    this.#source = source;
  }

  section(name: string): SectionBytes | undefined {
    if (!this.#sections.has(name)) this.#sections.set(name, this.#source.section(name));
    return this.#sections.get(name);
  }

  /** Bytes of a section that must have them. Errors: DwarfError. */
  piece(name: string, offset: number, length: number): Uint8Array {
    return piece(this.#needed(name), name, offset, length);
  }

  /** From an offset to the section's end: for tables that say only by themselves where they end. They are read whole, once. */
  rest(name: string, offset: number): Uint8Array {
    let whole = this.#whole.get(name);
    if (whole === undefined) {
      const section = this.#needed(name);
      whole = section.slice(0, section.size);
      this.#whole.set(name, whole);
    }
    if (offset > whole.length) throw new DwarfError(`${name}: ${offset} is not in it (${whole.length} bytes)`);
    return whole.subarray(offset);
  }

  text(name: string, offset: number): string {
    return textAt(this.#needed(name), name, offset);
  }

  /** What `dwz` moved to a file of its own. Errors: DwarfError where that file is missing. */
  supplementary(): DebugFile {
    if (this.#supplementary !== undefined) return this.#supplementary;
    const source = this.#source.supplementary?.();
    if (source === undefined)
      throw new DwarfError(
        "part of the debugging information is in a file shared with others (dwz, .gnu_debugaltlink) that is not installed",
      );
    return (this.#supplementary = new DebugFile(source));
  }

  close(): void {
    this.#source.close?.();
    this.#supplementary?.close();
  }

  /** Of .debug_info. */
  headers(): readonly UnitHeader[] {
    return (this.#headers ??= this.#read(".debug_info"));
  }

  /** Those of types in a section of their own among them. */
  allHeaders(): readonly UnitHeader[] {
    return (this.#allHeaders ??= [...this.headers(), ...this.#read(".debug_types")]);
  }

  #read(name: UnitSection): readonly UnitHeader[] {
    const section = this.section(name);
    return section === undefined ? [] : readUnitHeaders(section, name);
  }

  unit(header: UnitHeader): Unit {
    let unit = this.#units.get(header.place);
    if (unit !== undefined) this.#units.delete(header.place);
    else unit = new Unit(this, header);
    this.#units.set(header.place, unit);
    // The one that was asked for longest ago is the first of the map.
    const [oldest] = this.#units.keys();
    if (this.#units.size > KEPT_UNITS && oldest !== undefined) this.#units.delete(oldest);
    return unit;
  }

  /** The unit that begins at an offset in .debug_info; the others' headers are not read. Errors: DwarfError. */
  unitFrom(offset: number): Unit {
    return this.unit(
      this.#units.get(offset)?.header ?? readUnitHeader(this.#needed(".debug_info"), ".debug_info", offset),
    );
  }

  /** The unit that a place in .debug_info belongs to. */
  unitAt(offset: number): Unit | undefined {
    const headers = this.headers();
    let low = 0;
    let high = headers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((headers[middle] as UnitHeader).offset <= offset) low = middle + 1;
      else high = middle;
    }
    const header = headers[low - 1];
    return header !== undefined && offset < header.offset + header.size ? this.unit(header) : undefined;
  }

  entryAt(place: number): Entry | undefined {
    const unit = this.unitAt(place);
    return unit?.entryAt(place - unit.header.offset);
  }

  /** The type that a type unit was made for. */
  typeBySignature(signature: bigint): Entry | undefined {
    if (this.#typeUnits === undefined) {
      this.#typeUnits = new Map();
      for (const header of this.allHeaders())
        if (header.signature !== undefined) this.#typeUnits.set(header.signature, header);
    }
    const header = this.#typeUnits.get(signature);
    return header?.typeOffset === undefined ? undefined : this.unit(header).entryAt(header.typeOffset);
  }

  /** Units that were compiled together share a table. */
  abbreviations(header: Encoding & { readonly abbreviations: number }): ReadonlyMap<number, Abbreviation> {
    const { abbreviations, version, addressSize, offsetSize } = header;
    const key = `${abbreviations} ${version} ${addressSize} ${offsetSize}`;
    let table = this.#abbreviations.get(key);
    if (table === undefined) {
      table = readAbbreviations(new Cursor(this.rest(".debug_abbrev", abbreviations)), header);
      this.#abbreviations.set(key, table);
    }
    return table;
  }

  #needed(name: string): SectionBytes {
    const section = this.section(name);
    if (section === undefined) throw new DwarfError(`there is no section ${name}`);
    return section;
  }
}
