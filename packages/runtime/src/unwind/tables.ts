/**
 * The unwind tables of programs and libraries: made when a process with one of them is first seen,
 * shared by all processes that have mapped the same file, kept after the last of them has gone until
 * their memory is wanted.
 */
import {
  buildTable,
  EhFrameError,
  readImage,
  type CodeSegment,
  type ReadBytes,
  type UnwindTable,
} from "@sonde/bpf/eh-frame";
import { UNWIND_RULES } from "@sonde/bpf/spec";
import type { ChunkPlace, Chunks } from "./chunks.ts";

/** A table where programs can read it. */
export interface LoadedTable {
  readonly code: readonly CodeSegment[];
  readonly sections: readonly LoadedSection[];
  /** Processes that have it. */
  users: number;
}

export interface LoadedSection {
  /** In the file's own addresses. */
  readonly address: number;
  readonly pages: number;
  readonly place: ChunkPlace;
}

/** Where sections go. */
type ChunkStore = Pick<Chunks, "store" | "free">;

/** What there is no table for, and why. */
export interface TableProblems {
  /** Files whose tables found no room. */
  readonly withoutRoom: ReadonlySet<string>;
  /** Files that could not be read, with the reason. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Why no more tables are made. */
  readonly failure: string | undefined;
}

const EMPTY: LoadedTable = { code: [], sections: [], users: 0 };

export class Tables {
  readonly #chunks: ChunkStore;
  readonly #rules: BigUint64Array;
  readonly #ruleNumbers = new Map<bigint, number>();
  /** By the file's key, those used last at the end. */
  readonly #tables = new Map<string, LoadedTable>();
  readonly withoutRoom: Set<string> = new Set();
  readonly unreadable: Map<string, string> = new Map();
  failure: string | undefined;

  /** `rules`: the memory of the map of rules. */
  constructor(chunks: ChunkStore, rules: ArrayBuffer) {
    this.#chunks = chunks;
    this.#rules = new BigUint64Array(rules, 0, UNWIND_RULES);
  }

  /**
   * The table of the file `key`, read by `open` if it is not there yet. `pause` is awaited now and then while
   * it is made. What has no table gets an empty one. Errors: KernelError of memory for it.
   */
  async take(
    key: string,
    name: string,
    open: () => ReadBytes | undefined,
    pause: () => Promise<void>,
  ): Promise<LoadedTable> {
    let table = this.#tables.get(key);
    this.#tables.delete(key);
    table ??= await this.#load(name, open, pause);
    this.#tables.set(key, table);
    table.users++;
    return table;
  }

  async #load(name: string, open: () => ReadBytes | undefined, pause: () => Promise<void>): Promise<LoadedTable> {
    try {
      const read = open();
      if (read === undefined) return { ...EMPTY };
      const image = readImage(read);
      if (image === undefined) return { ...EMPTY };
      const making = buildTable(image);
      let step = making.next();
      for (; step.done !== true; step = making.next()) await pause();
      return step.value === undefined ? { ...EMPTY, code: image.code } : this.#store(name, image.code, step.value);
    } catch (error) {
      if (!(error instanceof EhFrameError) && !isSystemError(error)) throw error;
      this.unreadable.set(name, error.message);
      return { ...EMPTY };
    }
  }

  #store(name: string, code: readonly CodeSegment[], table: UnwindTable): LoadedTable {
    const numbers = table.rules.map((rule) => this.#ruleNumber(rule));
    const sections: LoadedSection[] = [];
    for (const { address, pages, words } of table.sections) {
      if (numbers.includes(undefined)) break;
      for (let row = pages; row < words.length; row++)
        words[row] = (words[row]! & 0xff) | (numbers[words[row]! >>> 8]! << 8);
      const place = this.#place(words);
      if (place === undefined) break;
      sections.push({ address, pages, place });
    }
    if (sections.length < table.sections.length) this.withoutRoom.add(name);
    return { code, sections, users: 0 };
  }

  /** Rules are few (some hundreds for a program) and much the same everywhere; they are never taken back. */
  #ruleNumber(rule: bigint): number | undefined {
    let number = this.#ruleNumbers.get(rule);
    if (number === undefined) {
      if (this.#ruleNumbers.size === UNWIND_RULES) return undefined;
      number = this.#ruleNumbers.size;
      this.#ruleNumbers.set(rule, number);
      this.#rules[number] = rule;
    }
    return number;
  }

  /** Tables without users give way, those first that were used longest ago. */
  #place(words: Uint32Array): ChunkPlace | undefined {
    for (;;) {
      const place = this.#chunks.store(words);
      if (place !== undefined) return place;
      const unused = [...this.#tables].find(([, { users, sections }]) => users === 0 && sections.length > 0);
      if (unused === undefined) return undefined;
      this.#tables.delete(unused[0]);
      for (const section of unused[1].sections) this.#chunks.free(section.place);
    }
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && "syscall" in error;
}
