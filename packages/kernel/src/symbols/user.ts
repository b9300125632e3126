/** Names for addresses in the code of processes. */
import { readlinkSync, statSync } from "node:fs";
import { DwarfError, type Dwarf, type Frame } from "@sonde/bpf/dwarf";
import { openDebugInfo } from "./debug-info.ts";
import { ElfError } from "./elf.ts";
import { FunctionTable } from "./functions.ts";
import { type Mapping, mappingAt, readMaps } from "./maps.ts";
import { PerfMap } from "./perf-map.ts";
import { type Symbol, unknownSymbol } from "./symbol.ts";

/**
 * Symbols of user code. The tables of a file are read when its first address is asked for and kept
 * for every process that maps the same file; what a process had mapped is kept past its end.
 */
export class UserSymbols {
  readonly #files = new Map<string, CodeFile | undefined>();
  readonly #processes = new Map<number, { readonly program: string; readonly symbols: ProcessSymbols }>();

  /** What the process is now; what it was when last seen, if it has ended. Cheap to ask for again. */
  process(pid: number): ProcessSymbols {
    const program = quietly(() => readlinkSync(`/proc/${pid}/exe`));
    const known = this.#processes.get(pid);
    if (known !== undefined && (program === undefined || program === known.program)) return known.symbols;
    const symbols = new ProcessSymbols(pid, (mapping) => this.#file(pid, mapping));
    if (program !== undefined) this.#processes.set(pid, { program, symbols });
    return symbols;
  }

  /** One symbol for each address, in order. Addresses that belong to nothing known have no name. */
  symbolize(pid: number, addresses: Iterable<bigint>): Symbol[] {
    const process = this.process(pid);
    return Array.from(addresses, (address) => process.symbolize(address));
  }

  #file(pid: number, mapping: Mapping): CodeFile | undefined {
    // Opening through the mapping finds the very file, also when it was deleted or another is mounted over it.
    const range = `${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
    for (const path of [`/proc/${pid}/map_files/${range}`, `/proc/${pid}/root${mapping.path}`]) {
      const stat = quietly(() => statSync(path));
      if (stat === undefined) continue;
      const key = `${mapping.file}:${stat.mtimeMs}`;
      if (!this.#files.has(key))
        this.#files.set(
          key,
          quietly(() => new CodeFile(path, `/proc/${pid}/root`, mapping.path)),
        );
      return this.#files.get(key);
    }
    return undefined;
  }
}

/** A program or library: its functions, and its debugging information from the first time that it is asked for. */
class CodeFile {
  readonly functions: FunctionTable;
  readonly #open: () => Dwarf | undefined;
  #debugInfo: Dwarf | undefined | null = null;

  constructor(path: string, root: string, inside: string) {
    this.functions = FunctionTable.read(path, root, inside);
    this.#open = () => openDebugInfo(path, root, inside);
  }

  /** The functions and lines at an offset in the file, the innermost first; none where nothing is said, or it is damaged. */
  frames(fileOffset: number): readonly Frame[] {
    const address = this.functions.addressOf(fileOffset);
    if (address === undefined) return [];
    if (this.#debugInfo === null) this.#debugInfo = quietly(this.#open);
    try {
      return this.#debugInfo?.framesAt(address) ?? [];
    } catch (error) {
      if (error instanceof DwarfError || error instanceof ElfError) return [];
      throw error;
    }
  }
}

/** The code that one process maps. Mappings are read again when an address is in none of them. */
export class ProcessSymbols {
  readonly #pid: number;
  readonly #open: (mapping: Mapping) => CodeFile | undefined;
  /** By mapping, so that files are asked for once, and while the process still lives. */
  readonly #files = new Map<Mapping, CodeFile | undefined>();
  /** Addresses that were in no mapping when all were read. */
  readonly #nowhere = new Set<number>();
  #mappings: readonly Mapping[];
  #perfMap: PerfMap | undefined | null = null;

  constructor(pid: number, open: (mapping: Mapping) => CodeFile | undefined) {
    this.#pid = pid;
    this.#open = open;
    this.#mappings = readMaps(pid);
  }

  symbolize(address: bigint): Symbol {
    const place = Number(address);
    const mapping = this.#mappingAt(place);
    if (mapping === undefined) return unknownSymbol(address);
    const found = this.#file(mapping)?.functions.find(offsetIn(mapping, place)) ?? this.#findAtRunTime(mapping, place);
    const module = mapping.path === "" ? undefined : mapping.path;
    return found === undefined ? unknownSymbol(address, module) : { address, ...found, module };
  }

  /**
   * By debugging information: the functions that the code at an address belongs to, the innermost first, with
   * their lines; those before the last were inlined. Empty where there is none.
   */
  frames(address: bigint): readonly Frame[] {
    const place = Number(address);
    const mapping = this.#mappingAt(place);
    return (mapping && this.#file(mapping)?.frames(offsetIn(mapping, place))) ?? [];
  }

  /** Libraries may have been loaded since the mappings were read; a process that has ended keeps the old ones. */
  #mappingAt(place: number): Mapping | undefined {
    const known = mappingAt(this.#mappings, place);
    if (known !== undefined || this.#nowhere.has(place)) return known;
    const mappings = readMaps(this.#pid);
    if (mappings.length > 0) this.#mappings = mappings;
    const found = mappingAt(mappings, place);
    if (found === undefined) this.#nowhere.add(place);
    return found;
  }

  #file(mapping: Mapping): CodeFile | undefined {
    if (!mapping.path.startsWith("/")) return undefined;
    if (!this.#files.has(mapping)) this.#files.set(mapping, this.#open(mapping));
    return this.#files.get(mapping);
  }

  /** Code that a just-in-time compiler made: in anonymous memory or a file of its own, never in the kernel's [vdso]. */
  #findAtRunTime(mapping: Mapping, place: number): Place | undefined {
    if (mapping.path === "[vdso]" || this.#files.get(mapping) !== undefined) return undefined;
    if (this.#perfMap === null) this.#perfMap = PerfMap.read(this.#pid);
    return this.#perfMap?.find(place);
  }
}

/** Where in the mapped file an address of the process is. */
function offsetIn(mapping: Mapping, place: number): number {
  return place - mapping.start + mapping.offset;
}

interface Place {
  readonly name: string;
  readonly offset: number;
}

/** A file that is gone or no ELF file only leaves its addresses unnamed. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
