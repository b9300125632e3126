/** Puts sections, symbols and relocations together as an ELF file. The same calls give the same bytes. */
import {
  Binding,
  EM_BPF,
  ET_REL,
  HEADER_BYTES,
  RELOCATION_BYTES,
  SECTION_HEADER_BYTES,
  SectionFlag,
  SectionType,
  SHN_UNDEF,
  SYMBOL_BYTES,
  SymbolType,
} from "../format.ts";

/** For symbols that lie in no section. */
const SHN_ABS = 0xfff1;

export interface OutputSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** Empty for NOBITS. */
  readonly bytes: Uint8Array;
  /** Bytes in memory. */
  readonly size: number;
  readonly align: number;
  readonly relocations: OutputRelocation[];
}

export interface OutputSymbol {
  readonly name: string;
  readonly type: number;
  readonly binding: number;
  readonly section: OutputSection | "undefined" | "absolute";
  readonly value: number;
  readonly size: number;
}

export interface OutputRelocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: OutputSymbol;
}

export class OutputFile {
  readonly #sections: OutputSection[] = [];
  readonly #symbols: OutputSymbol[] = [];
  readonly #sectionSymbols = new Map<OutputSection, OutputSymbol>();

  section(
    name: string,
    bytes: Uint8Array,
    options: { readonly flags?: number; readonly align?: number; readonly nobits?: number } = {},
  ): OutputSection {
    const section: OutputSection = {
      name,
      bytes,
      relocations: [],
      flags: options.flags ?? 0,
      align: options.align ?? 1,
      type: options.nobits === undefined ? SectionType.PROGBITS : SectionType.NOBITS,
      size: options.nobits ?? bytes.length,
    };
    this.#sections.push(section);
    return section;
  }

  symbol(symbol: OutputSymbol): OutputSymbol {
    this.#symbols.push(symbol);
    return symbol;
  }

  /** The symbol that stands for a section's start. */
  sectionSymbol(section: OutputSection): OutputSymbol {
    let symbol = this.#sectionSymbols.get(section);
    if (symbol === undefined) {
      symbol = this.symbol({ name: "", type: SymbolType.SECTION, binding: Binding.LOCAL, section, value: 0, size: 0 });
      this.#sectionSymbols.set(section, symbol);
    }
    return symbol;
  }

  encode(): Uint8Array {
    const strings = new Strings();
    // Local symbols come before all others, and the table's header says how many they are.
    const local = this.#symbols.filter(({ binding }) => binding === Binding.LOCAL);
    const symbols = [...local, ...this.#symbols.filter(({ binding }) => binding !== Binding.LOCAL)];
    const symbolIndex = new Map(symbols.map((symbol, index): [OutputSymbol, number] => [symbol, index + 1]));
    const relocated = this.#sections.filter(({ relocations }) => relocations.length > 0);
    const sectionIndex = new Map(this.#sections.map((section, index): [OutputSection, number] => [section, index + 1]));
    const symtab = this.#sections.length + relocated.length + 1;

    const headers: Header[] = [
      EMPTY,
      ...this.#sections.map((section): Header => ({ ...EMPTY, ...section, name: strings.offset(section.name) })),
      ...relocated.map((section): Header => ({
        ...EMPTY,
        name: strings.offset(`.rel${section.name}`),
        type: SectionType.REL,
        align: 8,
        entry: RELOCATION_BYTES,
        link: symtab,
        info: sectionIndex.get(section)!,
        ...contents(encodeRelocations(section.relocations, symbolIndex)),
      })),
      {
        ...EMPTY,
        name: strings.offset(".symtab"),
        type: SectionType.SYMTAB,
        align: 8,
        entry: SYMBOL_BYTES,
        link: symtab + 1,
        info: local.length + 1,
        ...contents(encodeSymbols(symbols, sectionIndex, strings)),
      },
    ];
    const last = strings.offset(".strtab");
    headers.push({ ...EMPTY, name: last, type: SectionType.STRTAB, ...contents(strings.encode()) });
    return encodeFile(headers);
  }
}

interface Header {
  readonly name: number;
  readonly type: number;
  readonly flags: number;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  /** Bytes of one entry of a table. */
  readonly entry: number;
}

const EMPTY: Header = {
  name: 0,
  type: SectionType.NULL,
  flags: 0,
  bytes: new Uint8Array(0),
  size: 0,
  link: 0,
  info: 0,
  align: 1,
  entry: 0,
};

function contents(bytes: Uint8Array): Pick<Header, "bytes" | "size"> {
  return { bytes, size: bytes.length };
}

/** Header, sections, section headers. */
function encodeFile(headers: readonly Header[]): Uint8Array {
  let end = HEADER_BYTES;
  const offsets = headers.map(({ bytes, align, type }) => {
    if (type === SectionType.NULL) return 0;
    const offset = alignUp(end, align);
    end = offset + bytes.length;
    return offset;
  });
  const table = alignUp(end, 8);
  const file = new Uint8Array(table + headers.length * SECTION_HEADER_BYTES);
  const view = new DataView(file.buffer);
  // Magic, 64-bit, little-endian, version 1.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_REL, true);
  view.setUint16(18, EM_BPF, true);
  view.setUint32(20, 1, true);
  view.setUint32(40, table, true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(58, SECTION_HEADER_BYTES, true);
  view.setUint16(60, headers.length, true);
  view.setUint16(62, headers.length - 1, true);
  for (const [index, { name, type, flags, bytes, size, link, info, align, entry }] of headers.entries()) {
    file.set(bytes, offsets[index]);
    const at = table + index * SECTION_HEADER_BYTES;
    view.setUint32(at, name, true);
    view.setUint32(at + 4, type, true);
    view.setUint32(at + 8, flags, true);
    view.setUint32(at + 24, offsets[index]!, true);
    view.setUint32(at + 32, size, true);
    view.setUint32(at + 40, link, true);
    view.setUint32(at + 44, info, true);
    view.setUint32(at + 48, type === SectionType.NULL ? 0 : align, true);
    view.setUint32(at + 56, entry, true);
  }
  return file;
}

function encodeSymbols(
  symbols: readonly OutputSymbol[],
  sections: ReadonlyMap<OutputSection, number>,
  strings: Strings,
): Uint8Array {
  const bytes = new Uint8Array((symbols.length + 1) * SYMBOL_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { name, type, binding, section, value, size }] of symbols.entries()) {
    const at = (index + 1) * SYMBOL_BYTES;
    view.setUint32(at, strings.offset(name), true);
    bytes[at + 4] = (binding << 4) | type;
    view.setUint16(
      at + 6,
      section === "undefined" ? SHN_UNDEF : section === "absolute" ? SHN_ABS : sections.get(section)!,
      true,
    );
    view.setUint32(at + 8, value, true);
    view.setUint32(at + 16, size, true);
  }
  return bytes;
}

function encodeRelocations(
  relocations: readonly OutputRelocation[],
  symbols: ReadonlyMap<OutputSymbol, number>,
): Uint8Array {
  const bytes = new Uint8Array(relocations.length * RELOCATION_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { offset, type, symbol }] of relocations.entries()) {
    view.setUint32(index * RELOCATION_BYTES, offset, true);
    view.setUint32(index * RELOCATION_BYTES + 8, type, true);
    view.setUint32(index * RELOCATION_BYTES + 12, symbols.get(symbol)!, true);
  }
  return bytes;
}

class Strings {
  readonly #offsets = new Map<string, number>([["", 0]]);
  readonly #parts: Uint8Array[] = [Uint8Array.of(0)];
  #bytes = 1;

  offset(text: string): number {
    let offset = this.#offsets.get(text);
    if (offset === undefined) {
      const bytes = new TextEncoder().encode(`${text}\0`);
      offset = this.#bytes;
      this.#offsets.set(text, offset);
      this.#parts.push(bytes);
      this.#bytes += bytes.length;
    }
    return offset;
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

export function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}

export const CODE: number = SectionFlag.ALLOC | SectionFlag.EXECINSTR;
export const DATA: number = SectionFlag.ALLOC | SectionFlag.WRITE;
export const CONSTANT: number = SectionFlag.ALLOC;
