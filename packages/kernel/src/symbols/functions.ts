/** The functions of one ELF file by name, for attaching. */
import { debugFileOf } from "./debug-files.ts";
import { ElfFile, SYMBOL_SIZE, type SymbolTable } from "./elf.ts";
import { miniSymbols } from "./mini-symbols.ts";
import { quietly } from "./quietly.ts";
import { patternMatcher } from "../tracefs/pattern.ts";

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

/**
 * Where in the file the function's first instruction is; undefined if neither the file nor its separate
 * debug file nor its MiniDebugInfo has such a function.
 */
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

/** The file's own tables; of one that was stripped that of its separate debug file as well, or MiniDebugInfo. */
function* tablesOf(file: ElfFile): Iterable<SymbolTable> {
  const symbols = file.symbols();
  if (symbols !== undefined) yield symbols;
  const dynamic = file.dynamicSymbols();
  if (dynamic !== undefined) yield dynamic;
  if (symbols !== undefined) return;
  const path = debugFileOf(file);
  if (path !== undefined) {
    using debug = ElfFile.open(path);
    const separate = debug.symbols();
    if (separate !== undefined) return yield separate;
  }
  const mini = quietly(() => miniSymbols(file));
  if (mini !== undefined) yield mini;
}

/** Positions of the entries that are functions defined in this file. */
export function* functionEntries(table: SymbolTable): Iterable<number> {
  const { entries, count } = table;
  for (let at = 0, end = count * SYMBOL_SIZE; at < end; at += SYMBOL_SIZE) {
    const type = entries.getUint8(at + 4) & 0xf;
    if (type !== STT_FUNC && type !== STT_GNU_IFUNC) continue;
    if (entries.getUint16(at + 6, true) !== 0) yield at;
  }
}

/** Every place in the name table where this name may begin; linkers let names share their tails. */
function occurrences(names: Buffer, name: string): Set<number> {
  const places = new Set<number>();
  const bytes = Buffer.from(`${name}\0`);
  for (let at = names.indexOf(bytes); at >= 0; at = names.indexOf(bytes, at + 1)) places.add(at);
  return places;
}

/** .symtab names versioned symbols "fgetpos@@GLIBC_2.2.5". */
export function withoutVersion(name: string): string {
  const at = name.indexOf("@");
  return at > 0 ? name.slice(0, at) : name;
}

export function nameAt(names: Buffer, offset: number): string {
  const end = names.indexOf(0, offset);
  return names.toString("utf8", offset, end < 0 ? names.length : end);
}

export function wordAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
