/**
 * As much of ELF as naming code takes: where segments are loaded, and the symbol tables. Only the
 * parts asked for are read; files may be large (Node.js itself has 100 MB) and belong to whoever is
 * watched, so every size and position in them is checked against the file.
 *
 *     ┌──────────┬─────────────────┬───────┬────────────────┬───────┬─────────────────┐
 *     │ header   │ program headers │  ...  │ symbols, names │  ...  │ section headers │
 *     │ 64 bytes │ 56 bytes each   │       │ 24 bytes each  │       │ 64 bytes each   │
 *     └──────────┴─────────────────┴───────┴────────────────┴───────┴─────────────────┘
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

export class ElfError extends Error {
  override readonly name = "ElfError";
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
  }
}

/** A part of the file that is loaded into memory: PT_LOAD. */
export interface Segment {
  readonly offset: number;
  readonly address: number;
  /** Bytes in the file. */
  readonly size: number;
  readonly executable: boolean;
}

/** One table of symbols with its names, undecoded. */
export interface SymbolTable {
  readonly entries: DataView;
  readonly count: number;
  readonly names: Buffer;
}

/** Bytes of one entry in a symbol table. */
export const SYMBOL_SIZE = 24;

const HEADER_SIZE = 64;
const SEGMENT_SIZE = 56;
const SECTION_SIZE = 64;
const ET_EXEC = 2;
const PT_LOAD = 1;
const PF_X = 1;
const SHT_SYMTAB = 2;
const SHT_NOTE = 7;
const SHT_NOBITS = 8;
const SHT_DYNSYM = 11;
const SHF_COMPRESSED = 0x800;
const NT_GNU_BUILD_ID = 3;

/** Larger tables than this are refused rather than read into memory. */
const MAX_TABLE = 1 << 30;

interface Section {
  /** Of its name, in the table of sections' names. */
  readonly nameOffset: number;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** Index of the section with the names. */
  readonly link: number;
}

/** The bytes of a file, wherever they are. */
interface Source {
  readonly size: number;
  /** Reads from a position into a buffer, and tells how many bytes came: less than asked for only at the end. */
  read(into: Uint8Array, position: number): number;
  close(): void;
}

/** A 64-bit little-endian ELF file, open for reading. Close it after use. */
export class ElfFile {
  readonly path: string;
  readonly #source: Source;
  readonly #header: DataView;
  #sections: readonly Section[] | undefined;
  /** Of the sections. */
  #names: Buffer | undefined;

  private constructor(path: string, source: Source) {
    this.path = path;
    this.#source = source;
    this.#header = this.#read(0, HEADER_SIZE);
    if (this.#header.getUint32(0) !== 0x7f454c46) throw new ElfError(path, "not an ELF file");
    if (this.#header.getUint8(4) !== 2 || this.#header.getUint8(5) !== 1) {
      throw new ElfError(path, "not a 64-bit little-endian ELF file");
    }
  }

  /** Throws ElfError when it is not such a file, node:fs's errors when it can't be read. */
  static open(path: string): ElfFile {
    const source = openSource(path);
    try {
      return new ElfFile(path, source);
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** A file whose bytes are at hand, for instance one that was packed into another. Throws ElfError. */
  static of(path: string, bytes: Uint8Array): ElfFile {
    const read = (into: Uint8Array, position: number): number => {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    };
    return new ElfFile(path, { size: bytes.length, read, close: () => {} });
  }

  [Symbol.dispose](): void {
    this.#source.close();
  }

  /** What is loaded into memory, in the file's order. */
  segments(): Segment[] {
    const count = this.#header.getUint16(56, true);
    const table = this.#read(this.#word(this.#header, 32), count * SEGMENT_SIZE);
    const segments: Segment[] = [];
    for (let at = 0; at < table.byteLength; at += SEGMENT_SIZE) {
      if (table.getUint32(at, true) !== PT_LOAD) continue;
      segments.push({
        executable: (table.getUint32(at + 4, true) & PF_X) !== 0,
        offset: this.#word(table, at + 8),
        address: this.#word(table, at + 16),
        size: this.#word(table, at + 32),
      });
    }
    return segments;
  }

  /** Whether it is loaded where its segments say (ET_EXEC), not wherever there is room. */
  get hasFixedAddresses(): boolean {
    return this.#header.getUint16(16, true) === ET_EXEC;
  }

  /** Where in the file the first instruction of a program is. */
  entryOffset(): number | undefined {
    const address = this.#word(this.#header, 24);
    const segment = this.segments().find((s) => address >= s.address && address < s.address + s.size);
    return segment && address - segment.address + segment.offset;
  }

  /** .symtab if it has not been stripped, else undefined. */
  symbols(): SymbolTable | undefined {
    return this.#table(SHT_SYMTAB);
  }

  /** .dynsym: what a library offers to others. */
  dynamicSymbols(): SymbolTable | undefined {
    return this.#table(SHT_DYNSYM);
  }

  /** A section by its name: where it is loaded, and its bytes; undefined if there is none. */
  section(name: string): { readonly address: number; readonly bytes: DataView } | undefined {
    const found = this.#named(name);
    return (
      found && {
        address: found.address,
        bytes: found.type === SHT_NOBITS ? new DataView(new ArrayBuffer(0)) : this.#read(found.offset, found.size),
      }
    );
  }

  /** Where a section's bytes are in the file; undefined if there is none of this name, or its bytes are not in the file. */
  sectionPlace(
    name: string,
  ): { readonly offset: number; readonly size: number; readonly compressed: boolean } | undefined {
    const section = this.#named(name);
    if (section === undefined || section.type === SHT_NOBITS) return undefined;
    return { offset: section.offset, size: section.size, compressed: (section.flags & SHF_COMPRESSED) !== 0 };
  }

  /** Bytes at any place in the file. Errors: ElfError where it has none. */
  bytes(offset: number, size: number): Uint8Array {
    return new Uint8Array(this.#read(offset, size).buffer);
  }

  /** The same, but fewer where the file ends. */
  bytesUpTo(offset: number, size: number): Uint8Array {
    return this.bytes(offset, Math.max(0, Math.min(size, this.#source.size - offset)));
  }

  /** The build id in hexadecimal, by which separate debug files are found. */
  buildId(): string | undefined {
    for (const section of this.#sectionHeaders()) {
      if (section.type !== SHT_NOTE || section.size < 16 || section.size > 4096) continue;
      const found = buildIdAmong(this.#read(section.offset, section.size));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #named(name: string): Section | undefined {
    const sections = this.#sectionHeaders();
    const strings = sections[this.#header.getUint16(62, true)];
    if (strings === undefined) return undefined;
    this.#names ??= Buffer.from(this.bytes(strings.offset, strings.size));
    const names = this.#names;
    const wanted = Buffer.from(`${name}\0`);
    return sections.find(({ nameOffset }) => names.subarray(nameOffset, nameOffset + wanted.length).equals(wanted));
  }

  #table(type: number): SymbolTable | undefined {
    const sections = this.#sectionHeaders();
    const section = sections.find((candidate) => candidate.type === type && candidate.size > 0);
    const strings = section && sections[section.link];
    if (section === undefined || strings === undefined) return undefined;
    const names = this.#read(strings.offset, strings.size);
    const entries = this.#read(section.offset, section.size);
    return {
      entries,
      count: Math.floor(section.size / SYMBOL_SIZE),
      names: Buffer.from(names.buffer, 0, names.byteLength),
    };
  }

  #sectionHeaders(): readonly Section[] {
    if (this.#sections !== undefined) return this.#sections;
    const count = this.#header.getUint16(60, true);
    const table = this.#read(this.#word(this.#header, 40), count * SECTION_SIZE);
    const sections: Section[] = [];
    for (let at = 0; at < table.byteLength; at += SECTION_SIZE) {
      sections.push({
        nameOffset: table.getUint32(at, true),
        type: table.getUint32(at + 4, true),
        flags: table.getUint32(at + 8, true),
        address: this.#word(table, at + 16),
        offset: this.#word(table, at + 24),
        size: this.#word(table, at + 32),
        link: table.getUint32(at + 40, true),
      });
    }
    this.#sections = sections;
    return sections;
  }

  /** A 64-bit number of the file; addresses and sizes fit a double. */
  #word(view: DataView, at: number): number {
    return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  }

  #read(offset: number, size: number): DataView {
    if (offset + size > this.#source.size || size > MAX_TABLE) {
      throw new ElfError(this.path, `damaged: ${size} bytes at ${offset} are not in it (${this.#source.size} bytes)`);
    }
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size;) {
      const got = this.#source.read(bytes.subarray(done), offset + done);
      if (got === 0) throw new ElfError(this.path, "became shorter while it was read");
      done += got;
    }
    return new DataView(bytes.buffer);
  }
}

/** Whoever is watched may have put a pipe there, whose opening would wait for ever: O_NONBLOCK. */
function openSource(path: string): Source {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const close = (): void => closeSync(fd);
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    close();
    throw new ElfError(path, "not a regular file");
  }
  return { size: stat.size, read: (into, position) => readSync(fd, into, 0, into.length, position), close };
}

/** Notes follow each other: { u32 nameSize, size, type; name and content, each padded to 4 bytes }. */
function buildIdAmong(notes: DataView): string | undefined {
  for (let at = 0; at + 12 <= notes.byteLength;) {
    const start = at + 12 + padded(notes.getUint32(at, true));
    const size = notes.getUint32(at + 4, true);
    if (start + size > notes.byteLength) return undefined;
    if (notes.getUint32(at + 8, true) === NT_GNU_BUILD_ID)
      return Buffer.from(notes.buffer, start, size).toString("hex");
    at = start + padded(size);
  }
  return undefined;
}

function padded(size: number): number {
  return Math.ceil(size / 4) * 4;
}
