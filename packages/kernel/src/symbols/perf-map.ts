/**
 * Code made at run time by V8, the JVM and others, which say where it is in /tmp/perf-PID.map:
 *
 *     3ef414c0 398 LazyCompile:~main index.js:1
 *     (start, size in bytes, both hexadecimal, and the name)
 *
 * The file grows while the process runs; only what is new is read.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { quietly } from "./quietly.ts";
import { lastAtOrBelow } from "./search.ts";

/** Milliseconds for which a file is taken to be as it was. */
const FRESH = 100;
/** Larger files are read up to here. */
const MAX_SIZE = 1 << 28;

interface Entry {
  readonly start: number;
  readonly size: number;
  readonly name: string;
}

export class PerfMap {
  readonly #path: string | undefined;
  readonly #entries: Entry[] = [];
  /** The same entries by their start, those that begin together in the file's order. */
  #sorted: readonly { readonly entry: Entry; readonly order: number }[] = [];
  #starts = new Float64Array(0);
  #largest = 0;
  #read = 0;
  #inode: number | undefined;
  #next = 0;

  /** @param path of a file that may not be there yet */
  constructor(path: string | undefined, text = "") {
    this.#path = path;
    this.#append(text);
  }

  /** The map of a process that sees this root and is known there by this pid. */
  static of(root: string, innerPid: number): PerfMap {
    return new PerfMap(`${root}/tmp/perf-${innerPid}.map`);
  }

  /** Code may be moved and its place used again: of several entries the one that was written last holds. */
  find(address: number): { name: string; offset: number } | undefined {
    this.#refresh();
    let found: { readonly entry: Entry; readonly order: number } | undefined;
    for (let i = lastAtOrBelow(this.#starts, address); i >= 0; i--) {
      const candidate = this.#sorted[i] as { readonly entry: Entry; readonly order: number };
      const { start, size } = candidate.entry;
      if (address >= start + this.#largest) break;
      if (address < start + size && (found === undefined || candidate.order > found.order)) found = candidate;
    }
    return found && { name: found.entry.name, offset: address - found.entry.start };
  }

  #refresh(): void {
    const time = performance.now();
    if (this.#path === undefined || time < this.#next) return;
    this.#next = time + FRESH;
    const text = quietly(() => this.#readNew(this.#path as string));
    if (text !== undefined && text !== "") this.#append(text);
  }

  /** Whole lines that were not there before. */
  #readNew(path: string): string {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) return "";
      if (stat.ino !== this.#inode || stat.size < this.#read) this.#forget(stat.ino);
      const buffer = Buffer.alloc(Math.min(stat.size, MAX_SIZE) - this.#read);
      const got = readSync(fd, buffer, 0, buffer.length, this.#read);
      const end = buffer.lastIndexOf(0x0a, got - 1) + 1;
      this.#read += end;
      return buffer.toString("utf8", 0, end);
    } finally {
      closeSync(fd);
    }
  }

  #forget(inode: number): void {
    this.#inode = inode;
    this.#read = 0;
    this.#entries.length = 0;
  }

  #append(text: string): void {
    for (const [, start = "", size = "", name = ""] of text.matchAll(
      /^(?:0x)?([0-9a-f]+) (?:0x)?([0-9a-f]+) (.+)$/gm,
    )) {
      this.#entries.push({ start: Number.parseInt(start, 16), size: Number.parseInt(size, 16), name });
    }
    this.#sorted = this.#entries
      .map((entry, order) => ({ entry, order }))
      .sort((a, b) => a.entry.start - b.entry.start || a.order - b.order);
    this.#starts = Float64Array.from(this.#sorted, ({ entry }) => entry.start);
    this.#largest = this.#entries.reduce((most, { size }) => Math.max(most, size), 0);
  }
}

/** The pid that a process knows itself by, inside its own pid namespace; the same as ours when it is gone. */
export function innerPid(pid: number): number {
  const status = quietly(() => readFileSync(`/proc/${pid}/status`, "latin1")) ?? "";
  const ids = /^NSpid:\s+(?:\d+\s+)*(\d+)$/m.exec(status);
  return ids === null ? pid : Number(ids[1]);
}
