/**
 * An ELF file as sections, symbols and relocations, before anything is made of them. Everything is
 * checked to lie within the file, and sections may not overlap, so the work that any file can ask
 * for is proportional to its size.
 */
import type { ByteOrder } from "../../btf/header.ts";
import { ElfError } from "../errors.ts";
import {
  EM_BPF,
  EM_NONE,
  ET_REL,
  HEADER_BYTES,
  RELOCATION_BYTES,
  SECTION_HEADER_BYTES,
  SectionFlag,
  SectionType,
  SHN_LORESERVE,
  SHN_UNDEF,
  SYMBOL_BYTES,
} from "../format.ts";
import { littleEndian } from "./byte-order.ts";
import { StringTable } from "./strings.ts";

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** A view of the file; empty for NOBITS. */
  readonly bytes: Uint8Array;
  /** Bytes in memory; of NOBITS too. */
  readonly size: number;
  readonly link: number;
  readonly info: number;
  /** Bytes into the file. */
  readonly offset: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly type: number;
  readonly binding: number;
  /** Not to be seen outside of the object: `__hidden`, STV_HIDDEN. */
  readonly hidden: boolean;
  /** Undefined for externs. */
  readonly section: ElfSection | undefined;
  /** Bytes into the section. */
  readonly value: number;
  readonly size: number;
}

export interface ElfRelocation {
  /** Bytes into the section that it changes. */
  readonly offset: number;
  readonly type: number;
  readonly symbol: ElfSymbol;
}

export interface ElfFile {
  /** Of the machines that the object is for. Sections come as those of little-endian ones, apart from the object's own data. */
  readonly byteOrder: ByteOrder;
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
  /** Relocations of a section, in the order of the file. Throws ElfError if they are malformed. */
  relocations(section: ElfSection): readonly ElfRelocation[];
}

/** Throws ElfError for what is no relocatable BPF object. */
export function readFile(input: Uint8Array): ElfFile {
  // Views and copies of a Buffer would be Buffers, whose slice() does not copy.
  const given = new Uint8Array(input.buffer, input.byteOffset, input.length);
  const byteOrder = given[5] === BIG_ENDIAN ? "big" : "little";
  const bytes = byteOrder === "big" ? littleEndian(given) : given;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  checkHeader(bytes, view);
  const sections = readSections(bytes, view);
  const symbols = readSymbols(sections);
  const relocating = new Map<number, ElfSection[]>();
  for (const section of sections) {
    if (section.type !== SectionType.REL && section.type !== SectionType.RELA) continue;
    const known = relocating.get(section.info);
    if (known === undefined) relocating.set(section.info, [section]);
    else known.push(section);
  }
  return {
    byteOrder,
    sections,
    symbols,
    relocations: (section) =>
      (relocating.get(section.index) ?? []).flatMap((table) => readRelocations(table, section, symbols)),
  };
}

/** ELFDATA2MSB */
const BIG_ENDIAN = 2;

function checkHeader(bytes: Uint8Array, view: DataView): void {
  if (bytes.length < HEADER_BYTES || view.getUint32(0, false) !== 0x7f45_4c46)
    throw new ElfError("not an ELF file", { offset: 0 });
  if (bytes[4] !== 2) throw new ElfError("a 32-bit ELF file; BPF objects are 64-bit", { offset: 4 });
  if (bytes[5] !== 1) throw new ElfError(`byte order ${bytes[5]} is neither little- nor big-endian`, { offset: 5 });
  const type = view.getUint16(16, true);
  const machine = view.getUint16(18, true);
  if (machine !== EM_BPF && machine !== EM_NONE)
    throw new ElfError(`an ELF file for machine ${machine}, not for BPF (${EM_BPF})`, { offset: 18 });
  if (type !== ET_REL)
    throw new ElfError(`an ELF file of type ${type}; BPF objects are relocatable ones (${ET_REL})`, { offset: 16 });
}

function readSections(bytes: Uint8Array, view: DataView): ElfSection[] {
  const table = offset64(view, 40);
  const entryBytes = view.getUint16(58, true);
  if (entryBytes !== SECTION_HEADER_BYTES)
    throw new ElfError(`section headers of ${entryBytes} bytes instead of ${SECTION_HEADER_BYTES}`, { offset: 58 });
  if (table + SECTION_HEADER_BYTES > bytes.length)
    throw new ElfError(`the section headers at 0x${table.toString(16)} lie beyond the file's ${bytes.length} bytes`, {
      offset: 40,
    });
  // Counts too large for their fields stand in the first section header.
  const count = view.getUint16(60, true) || offset64(view, table + 32);
  const namesField = view.getUint16(62, true);
  const namesIndex = namesField >= SHN_LORESERVE ? view.getUint32(table + 40, true) : namesField;
  if (table + count * SECTION_HEADER_BYTES > bytes.length)
    throw new ElfError(`${count} section headers do not fit the file's ${bytes.length} bytes`, { offset: 60 });

  const at = (index: number): number => table + index * SECTION_HEADER_BYTES;
  if (namesIndex >= count)
    throw new ElfError(`section names are said to be in section ${namesIndex} of ${count}`, { offset: 62 });
  const names = new StringTable(".shstrtab", content(bytes, view, at(namesIndex)), count);
  let total = 0;
  return Array.from({ length: count }, (_, index): ElfSection => {
    const header = at(index);
    const section: ElfSection = {
      index,
      name: names.at(view.getUint32(header, true)),
      type: view.getUint32(header + 4, true),
      flags: view.getUint32(header + 8, true),
      offset: offset64(view, header + 24),
      size: offset64(view, header + 32),
      bytes: content(bytes, view, header),
      link: view.getUint32(header + 40, true),
      info: view.getUint32(header + 44, true),
    };
    total += section.bytes.length;
    if (total > bytes.length) throw new ElfError("sections overlap", { section: section.name, offset: 0 });
    return section;
  });
}

/** The bytes of the section whose header is at `header`. */
function content(bytes: Uint8Array, view: DataView, header: number): Uint8Array {
  const type = view.getUint32(header + 4, true);
  if (type === SectionType.NOBITS || type === SectionType.NULL) return new Uint8Array(0);
  const start = offset64(view, header + 24);
  const end = start + offset64(view, header + 32);
  if (end > bytes.length)
    throw new ElfError(
      `a section from 0x${start.toString(16)} to 0x${end.toString(16)} lies beyond the file's ${bytes.length} bytes`,
      { offset: header + 24 },
    );
  return bytes.subarray(start, end);
}

function readSymbols(sections: readonly ElfSection[]): ElfSymbol[] {
  const table = sections.find(({ type }) => type === SectionType.SYMTAB);
  if (table === undefined) return [];
  const strings = sections[table.link];
  if (strings === undefined || strings.type !== SectionType.STRTAB)
    throw new ElfError("its string table is missing", { section: table.name });
  const { bytes, name } = table;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length % SYMBOL_BYTES !== 0)
    throw new ElfError(`${bytes.length} bytes are no whole number of symbols`, { section: name });
  const count = bytes.length / SYMBOL_BYTES;
  const names = new StringTable(strings.name, strings.bytes, count);
  return Array.from({ length: count }, (_, index): ElfSymbol => {
    const at = index * SYMBOL_BYTES;
    const info = bytes[at + 4]!;
    const sectionIndex = view.getUint16(at + 6, true);
    const section = sectionIndex === SHN_UNDEF || sectionIndex >= SHN_LORESERVE ? undefined : sections[sectionIndex];
    if (section === undefined && sectionIndex !== SHN_UNDEF && sectionIndex < SHN_LORESERVE) {
      throw new ElfError(`a symbol is in section ${sectionIndex} of ${sections.length}`, { section: name, offset: at });
    }
    return {
      name: names.at(view.getUint32(at, true)),
      type: info & 0x0f,
      binding: info >> 4,
      hidden: isHidden(bytes[at + 5]!),
      section,
      value: offset64(view, at + 8),
      size: offset64(view, at + 16),
    };
  });
}

/** STV_INTERNAL or STV_HIDDEN. */
function isHidden(other: number): boolean {
  return (other & 3) === 1 || (other & 3) === 2;
}

function readRelocations(table: ElfSection, target: ElfSection, symbols: readonly ElfSymbol[]): ElfRelocation[] {
  const { bytes, name } = table;
  if (table.type === SectionType.RELA)
    throw new ElfError(`relocations of '${target.name}' have addends (RELA); BPF objects keep them in place (REL)`, {
      section: name,
    });
  if (bytes.length % RELOCATION_BYTES !== 0)
    throw new ElfError(`${bytes.length} bytes are no whole number of relocations`, { section: name });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / RELOCATION_BYTES }, (_, index): ElfRelocation => {
    const at = index * RELOCATION_BYTES;
    const symbol = symbols[view.getUint32(at + 12, true)];
    if (symbol === undefined)
      throw new ElfError(`symbol ${view.getUint32(at + 12, true)} of ${symbols.length}`, { section: name, offset: at });
    const offset = offset64(view, at);
    if (offset >= target.bytes.length)
      throw new ElfError(
        `a relocation at 0x${offset.toString(16)} of '${target.name}', which has ${target.bytes.length} bytes`,
        { section: name, offset: at },
      );
    return { offset, type: view.getUint32(at + 8, true), symbol };
  });
}

/** A 64-bit number that must be an offset: beyond 2^53 it lies in no file, and its exact value does not matter. */
function offset64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}

export function isExecutable(section: ElfSection): boolean {
  return section.type === SectionType.PROGBITS && (section.flags & SectionFlag.EXECINSTR) !== 0;
}
