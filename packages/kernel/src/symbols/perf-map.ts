/**
 * Code made at run time by V8, the JVM and others, which say where it is in /tmp/perf-PID.map:
 *
 *     3ef414c0 398 LazyCompile:~main index.js:1
 *     (start, size in bytes, both hexadecimal, and the name)
 */
import { readFileSync } from "node:fs";
import { lastAtOrBelow } from "./search.ts";

export class PerfMap {
  readonly #starts: Float64Array;
  readonly #entries: readonly { start: number; size: number; name: string }[];

  constructor(text: string) {
    const entries = [...text.matchAll(/^(?:0x)?([0-9a-f]+) ([0-9a-f]+) (.+)$/gm)].map(
      ([, start = "", size = "", name = ""]) => ({
        start: Number.parseInt(start, 16),
        size: Number.parseInt(size, 16),
        name,
      }),
    );
    // Code may be moved and its place used again: the later line holds, and it stays behind the earlier.
    this.#entries = entries.sort((a, b) => a.start - b.start);
    this.#starts = Float64Array.from(this.#entries, (entry) => entry.start);
  }

  /** The map of a living process, as it sees its own /tmp and its own pid; undefined if it writes none. */
  static read(pid: number): PerfMap | undefined {
    try {
      return new PerfMap(readFileSync(`/proc/${pid}/root/tmp/perf-${innerPid(pid)}.map`, "utf8"));
    } catch {
      return undefined;
    }
  }

  find(address: number): { name: string; offset: number } | undefined {
    const entry = this.#entries[lastAtOrBelow(this.#starts, address)];
    if (entry === undefined || address >= entry.start + entry.size) return undefined;
    return { name: entry.name, offset: address - entry.start };
  }
}

/** The pid that a process knows itself by, inside its own pid namespace. */
function innerPid(pid: number): number {
  const ids = /^NSpid:\s+(?:\d+\s+)*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return ids === null ? pid : Number(ids[1]);
}
