/** Names for addresses in the code of processes. */
import { statSync } from "node:fs";
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
  readonly #processes = new Map<number, ProcessSymbols>();

  /** What the process is now; what it was when last seen, if it has ended. */
  process(pid: number): ProcessSymbols {
    const mappings = readMaps(pid);
    const known = this.#processes.get(pid);
    if (mappings.length === 0 && known !== undefined) return known;
    const process = new ProcessSymbols(pid, mappings, (mapping) => this.#functions(pid, mapping));
    this.#processes.set(pid, process);
    return process;
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
      if (!this.#files.has(key)) this.#files.set(key, quietly(() => FunctionTable.read(path)));
      return this.#files.get(key);
    }
    return undefined;
  }
}

/** The code that one process had mapped at one moment. */
export class ProcessSymbols {
  readonly #pid: number;
  readonly #mappings: readonly Mapping[];
  readonly #functions: (mapping: Mapping) => FunctionTable | undefined;
  /** By mapping, so that files are asked for once, and while the process still lives. */
  readonly #tables = new Map<Mapping, FunctionTable | undefined>();
  #perfMap: PerfMap | undefined | null = null;

  constructor(pid: number, mappings: readonly Mapping[], functions: (mapping: Mapping) => FunctionTable | undefined) {
    this.#pid = pid;
    this.#mappings = mappings;
    this.#functions = functions;
  }

  symbolize(address: bigint): Symbol {
    const place = Number(address);
    const mapping = mappingAt(this.#mappings, place);
    if (mapping === undefined) return unknownSymbol(address);
    if (!mapping.path.startsWith("/")) return this.#withoutFile(address, mapping);
    if (!this.#tables.has(mapping)) this.#tables.set(mapping, this.#functions(mapping));
    const found = this.#tables.get(mapping)?.find(place - mapping.start + mapping.offset);
    return found === undefined ? unknownSymbol(address, mapping.path) : { address, ...found, module: mapping.path };
  }

  /** Code without a file: made by a just-in-time compiler, or the kernel's [vdso]. */
  #withoutFile(address: bigint, mapping: Mapping): Symbol {
    const module = mapping.path === "" ? undefined : mapping.path;
    if (module === "[vdso]") return unknownSymbol(address, module);
    if (this.#perfMap === null) this.#perfMap = PerfMap.read(this.#pid);
    const found = this.#perfMap?.find(Number(address));
    return found === undefined ? unknownSymbol(address, module) : { address, ...found, module };
  }
}

/** A file that is gone or no ELF file only leaves its addresses unnamed. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
