/** The code of one process, from the start of its program until it executes another or ends. */
import type { Frame } from "@sonde/bpf/dwarf";
import type { MappedFiles, Owner } from "./mapped-files.ts";
import { type Mapping, mappingAt, readMaps } from "./maps.ts";
import { innerPid, PerfMap } from "./perf-map.ts";
import { type Symbol, unknownSymbol } from "./symbol.ts";

/** Programs before this one whose code is remembered, for stacks that are named later. */
const MAX_EARLIER = 4;

export class ProcessSymbols {
  readonly #owner: Owner;
  readonly #files: MappedFiles;
  #perfMap: PerfMap | undefined;
  /** What the same pid ran before. */
  readonly #earlier: ProcessSymbols | undefined;
  readonly #depth: number;
  /** Addresses that were in no mapping when all were read. */
  readonly #nowhere = new Set<number>();
  #mappings: readonly Mapping[];
  /** Whether /proc/PID still tells of this program. */
  #isCurrent = true;

  /** @param mappings what is known of them; read from /proc when an address is in none of them */
  constructor(owner: Owner, files: MappedFiles, mappings: readonly Mapping[], earlier?: ProcessSymbols) {
    this.#owner = owner;
    this.#files = files;
    this.#mappings = mappings;
    if (earlier !== undefined) earlier.#isCurrent = false;
    this.#earlier = earlier !== undefined && earlier.#depth < MAX_EARLIER ? earlier : undefined;
    this.#depth = this.#earlier === undefined ? 0 : this.#earlier.#depth + 1;
    // Once a container's process has ended, nothing tells what it was called there; ours keep their number.
    if (owner.root !== "") this.#perfMap = PerfMap.of(owner.root, innerPid(owner.pid));
  }

  get root(): string {
    return this.#owner.root;
  }

  /** What is mapped now; as last known, if the process has ended. */
  get mappings(): readonly Mapping[] {
    return this.#mappings;
  }

  symbolize(address: bigint): Symbol {
    const place = Number(address);
    const mapping = this.#mappingAt(place);
    const found = this.#find(mapping, place);
    if (found === undefined && mapping === undefined && this.#earlier !== undefined)
      return this.#earlier.symbolize(address);
    const module = mapping === undefined || mapping.path === "" ? undefined : mapping.path;
    return found === undefined ? unknownSymbol(address, module) : { address, ...found, module };
  }

  /**
   * By debugging information: the functions that the code at an address belongs to, the innermost first, with
   * their lines; those before the last were inlined. Empty where there is none.
   */
  frames(address: bigint): readonly Frame[] {
    const place = Number(address);
    const mapping = this.#mappingAt(place);
    if (mapping === undefined) return this.#earlier?.frames(address) ?? [];
    return this.#files.file(mapping, this.#owner)?.frames(offsetIn(mapping, place)) ?? [];
  }

  /** Where in which build of a file an address is; undefined where no file with a build id is mapped. */
  inBuild(address: bigint): { readonly buildId: string; readonly offset: number } | undefined {
    const place = Number(address);
    const mapping = this.#mappingAt(place);
    if (mapping === undefined) return this.#earlier?.inBuild(address);
    const buildId = this.#files.file(mapping, this.#owner)?.buildId;
    return buildId === undefined ? undefined : { buildId, offset: offsetIn(mapping, place) };
  }

  /** The kernel says that code was mapped, over whatever was there. */
  map(mapping: Mapping): void {
    const others = this.#mappings.filter(({ start, end }) => end <= mapping.start || start >= mapping.end);
    this.#mappings = [...others, mapping];
    this.#nowhere.clear();
  }

  /** Libraries may have been loaded since the mappings were read; a process that has ended keeps the old ones. */
  #mappingAt(place: number): Mapping | undefined {
    const known = mappingAt(this.#mappings, place);
    if (known !== undefined || !this.#isCurrent || this.#nowhere.has(place)) return known;
    const mappings = readMaps(this.#owner.pid);
    if (mappings.length > 0) this.#mappings = mappings;
    const found = mappingAt(mappings, place);
    if (found === undefined) this.#nowhere.add(place);
    return found;
  }

  /** In the file; or code that was made at run time, in anonymous memory or a file of its own. */
  #find(mapping: Mapping | undefined, place: number): { name: string; offset: number } | undefined {
    const file = mapping && this.#files.file(mapping, this.#owner);
    if (mapping === undefined || file === undefined) {
      this.#perfMap ??= PerfMap.of(this.#owner.root, innerPid(this.#owner.pid));
      return this.#perfMap.find(place);
    }
    return file.functions.find(offsetIn(mapping, place));
  }
}

/** Where in the mapped file an address of the process is. */
function offsetIn(mapping: Mapping, place: number): number {
  return place - mapping.start + mapping.offset;
}
