/** Names for addresses in the code of processes. */
import { readlinkSync, statSync } from "node:fs";
import { FunctionTable } from "./functions.ts";
import { type Mapping, mappingAt, readMaps } from "./maps.ts";
import { PerfMap } from "./perf-map.ts";
import { type Symbol, unknownSymbol } from "./symbol.ts";

/**
 * Symbols of user code. The tables of a file are read when its first address is asked for and kept
 * for every process that maps the same file; what a process had mapped is kept past its end.
 */
export class UserSymbols {
  readonly #files = new Map<string, FunctionTable | undefined>();
  readonly #processes = new Map<number, { readonly program: string; readonly symbols: ProcessSymbols }>();

  /** What the process is now; what it was when last seen, if it has ended. Cheap to ask for again. */
  process(pid: number): ProcessSymbols {
    const program = quietly(() => readlinkSync(`/proc/${pid}/exe`));
    const known = this.#processes.get(pid);
    if (known !== undefined && (program === undefined || program === known.program)) return known.symbols;
    const symbols = new ProcessSymbols(pid, (mapping) => this.#functions(pid, mapping));
    if (program !== undefined) this.#processes.set(pid, { program, symbols });
    return symbols;
  }

  /** One symbol for each address, in order. Addresses that belong to nothing known have no name. */
  symbolize(pid: number, addresses: Iterable<bigint>): Symbol[] {
    const process = this.process(pid);
    return Array.from(addresses, (address) => process.symbolize(address));
  }

  #functions(pid: number, mapping: Mapping): FunctionTable | undefined {
    // Opening through the mapping finds the very file, also when it was deleted or another is mounted over it.
    const range = `${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
    for (const path of [`/proc/${pid}/map_files/${range}`, `/proc/${pid}/root${mapping.path}`]) {
      const stat = quietly(() => statSync(path));
      if (stat === undefined) continue;
      const key = `${mapping.file}:${stat.mtimeMs}`;
      if (!this.#files.has(key))
        this.#files.set(
          key,
          quietly(() => FunctionTable.read(path, `/proc/${pid}/root`, mapping.path)),
        );
      return this.#files.get(key);
    }
    return undefined;
  }
}

/** The code that one process maps. Mappings are read again when an address is in none of them. */
export class ProcessSymbols {
  readonly #pid: number;
  readonly #functions: (mapping: Mapping) => FunctionTable | undefined;
  /** By mapping, so that files are asked for once, and while the process still lives. */
  readonly #tables = new Map<Mapping, FunctionTable | undefined>();
  /** Addresses that were in no mapping when all were read. */
  readonly #nowhere = new Set<number>();
  #mappings: readonly Mapping[];
  #perfMap: PerfMap | undefined | null = null;

  constructor(pid: number, functions: (mapping: Mapping) => FunctionTable | undefined) {
    this.#pid = pid;
    this.#functions = functions;
    this.#mappings = readMaps(pid);
  }

  symbolize(address: bigint): Symbol {
    const place = Number(address);
    const mapping = this.#mappingAt(place);
    if (mapping === undefined) return unknownSymbol(address);
    const found = this.#findInFile(mapping, place) ?? this.#findAtRunTime(mapping, place);
    const module = mapping.path === "" ? undefined : mapping.path;
    return found === undefined ? unknownSymbol(address, module) : { address, ...found, module };
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

  #findInFile(mapping: Mapping, place: number): Place | undefined {
    if (!mapping.path.startsWith("/")) return undefined;
    if (!this.#tables.has(mapping)) this.#tables.set(mapping, this.#functions(mapping));
    return this.#tables.get(mapping)?.find(place - mapping.start + mapping.offset);
  }

  /** Code that a just-in-time compiler made: in anonymous memory or a file of its own, never in the kernel's [vdso]. */
  #findAtRunTime(mapping: Mapping, place: number): Place | undefined {
    if (mapping.path === "[vdso]" || this.#tables.get(mapping) !== undefined) return undefined;
    if (this.#perfMap === null) this.#perfMap = PerfMap.read(this.#pid);
    return this.#perfMap?.find(place);
  }
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
