/** The functions of one ELF file: by name for attaching, by address for naming. */
import { debugFileOf } from "./debug-files.ts";
import { ElfFile, type Segment, SYMBOL_SIZE, type SymbolTable } from "./elf.ts";
import { patternMatcher } from "../tracefs/pattern.ts";
import { lastAtOrBelow } from "./search.ts";

const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;

/** The names of all functions that a file defines and that match the pattern, sorted, each once. */
export function functionsOf(path: string, pattern: string): string[] {
  using file = ElfFile.open(path);
  const matches = patternMatcher(pattern);
  const found = new Set<string>();
  for (const table of tablesOf(file)) {
    for (const at of functionEntries(table)) {
      const name = withoutVersion(nameAt(table.names, table.entries.getUint32(at, true)));
      if (name !== "" && matches(name)) found.add(name);
    }
  }
  return [...found].sort();
}

/** Where in the file the function's first instruction is; undefined if the file has no such function. */
export function symbolOffset(path: string, name: string): number | undefined {
  using file = ElfFile.open(path);
  for (const table of tablesOf(file)) {
    const places = occurrences(table.names, name);
    if (places.size === 0) continue;
    for (const at of functionEntries(table)) {
      if (!places.has(table.entries.getUint32(at, true))) continue;
      const address = wordAt(table.entries, at + 8);
      const segment = file.segments().find((s) => address >= s.address && address < s.address + s.size);
      if (segment !== undefined) return address - segment.address + segment.offset;
    }
  }
  return undefined;
}

/** A symbol of any kind, as the file says it: where it is when the file is mapped at 0, and its size in bytes. */
export function symbolPlace(
  path: string,
  name: string,
): { readonly address: bigint; readonly size: number } | undefined {
  using file = ElfFile.open(path);
  for (const table of tablesOf(file)) {
    const places = occurrences(table.names, name);
    const { entries, count } = table;
    for (let at = 0, end = count * SYMBOL_SIZE; places.size > 0 && at < end; at += SYMBOL_SIZE) {
      if (!places.has(entries.getUint32(at, true)) || entries.getUint16(at + 6, true) === 0) continue;
      return { address: entries.getBigUint64(at + 8, true), size: wordAt(entries, at + 16) };
    }
  }
  return undefined;
}

/** The functions of one file in the order of their addresses. */
export class FunctionTable {
  readonly #segments: readonly Segment[];
  readonly #names: Buffer;
  readonly #starts: Float64Array;
  readonly #sizes: Float64Array;
  readonly #nameOffsets: Uint32Array;

  private constructor(segments: readonly Segment[], table: SymbolTable | undefined) {
    const places = table === undefined ? [] : sortedEntries(table);
    const entries = table?.entries as DataView;
    this.#segments = segments;
    this.#names = table?.names ?? Buffer.alloc(0);
    this.#starts = Float64Array.from(places, (at) => wordAt(entries, at + 8));
    this.#sizes = Float64Array.from(places, (at) => wordAt(entries, at + 16));
    this.#nameOffsets = Uint32Array.from(places, (at) => entries.getUint32(at, true));
  }

  /**
   * Reads .symtab, or that of the separate debug file if this one was stripped and a debug file is
   * installed, or else .dynsym. Throws ElfError or node:fs's errors.
   *
   * @param root, place where the file is, for {@link debugFileOf}
   */
  static read(path: string, root = "", place: string = path): FunctionTable {
    using file = ElfFile.open(path);
    const table = file.symbols() ?? separateSymbols(file, root, place) ?? file.dynamicSymbols();
    return new FunctionTable(file.segments(), table);
  }

  /** Where the file says that the code at this offset is loaded: what its symbols and its debugging information count in. */
  addressOf(fileOffset: number): number | undefined {
    const segment = this.#segments.find(
      (s) => s.executable && fileOffset >= s.offset && fileOffset < s.offset + s.size,
    );
    return segment && fileOffset - segment.offset + segment.address;
  }

  /** Name and distance of the function that holds the byte at this offset in the file. */
  find(fileOffset: number): { name: string; offset: number } | undefined {
    const address = this.addressOf(fileOffset);
    if (address === undefined) return undefined;
    const i = lastAtOrBelow(this.#starts, address);
    if (i < 0) return undefined;
    const offset = address - (this.#starts[i] as number);
    const size = this.#sizes[i] as number;
    // Hand-written assembly often says no size; then the nearest name before is the best there is.
    if (size !== 0 && offset >= size) return undefined;
    return { name: withoutVersion(nameAt(this.#names, this.#nameOffsets[i] as number)), offset };
  }
}

function separateSymbols(file: ElfFile, root: string, place: string): SymbolTable | undefined {
  const path = debugFileOf(file, root, place);
  if (path === undefined) return undefined;
  using debug = ElfFile.open(path);
  return debug.symbols();
}

function* tablesOf(file: ElfFile): Iterable<SymbolTable> {
  const symbols = file.symbols();
  if (symbols !== undefined) yield symbols;
  const dynamic = file.dynamicSymbols();
  if (dynamic !== undefined) yield dynamic;
}

/** Positions of the entries that are functions defined in this file. */
function* functionEntries(table: SymbolTable): Iterable<number> {
  const { entries, count } = table;
  for (let at = 0, end = count * SYMBOL_SIZE; at < end; at += SYMBOL_SIZE) {
    const type = entries.getUint8(at + 4) & 0xf;
    if (type !== STT_FUNC && type !== STT_GNU_IFUNC) continue;
    if (entries.getUint16(at + 6, true) !== 0) yield at;
  }
}

function sortedEntries(table: SymbolTable): number[] {
  const { entries } = table;
  const places = [...functionEntries(table)];
  return places.sort((a, b) => wordAt(entries, a + 8) - wordAt(entries, b + 8));
}

/** Every place in the name table where this name may begin; linkers let names share their tails. */
function occurrences(names: Buffer, name: string): Set<number> {
  const places = new Set<number>();
  const bytes = Buffer.from(`${name}\0`);
  for (let at = names.indexOf(bytes); at >= 0; at = names.indexOf(bytes, at + 1)) places.add(at);
  return places;
}

/** .symtab names versioned symbols "fgetpos@@GLIBC_2.2.5". */
function withoutVersion(name: string): string {
  const at = name.indexOf("@");
  return at > 0 ? name.slice(0, at) : name;
}

function nameAt(names: Buffer, offset: number): string {
  const end = names.indexOf(0, offset);
  return names.toString("utf8", offset, end < 0 ? names.length : end);
}

function wordAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
