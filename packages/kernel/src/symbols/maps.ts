/**
 * The code that a process has mapped, from /proc/PID/maps:
 *
 *     7f1c3a028000-7f1c3a1bd000 r-xp 00028000 fe:01 1837 /usr/lib/x86_64-linux-gnu/libc.so.6
 */
import { readFileSync } from "node:fs";

export interface Mapping {
  readonly start: number;
  /** The first address after it. */
  readonly end: number;
  /** Where in the file its first byte is. */
  readonly offset: number;
  /** "MAJOR:MINOR:INODE": the same file has the same key in every process. */
  readonly file: string;
  /** As the process sees it; "[vdso]" and the like for the kernel's own; "" for anonymous memory. */
  readonly path: string;
}

/** The executable mappings among the lines, in the order of their addresses. */
export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const match of text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) (\S+) (\d+) *(.*)$/gm)) {
    const [, start = "", end = "", offset = "", device = "", inode = "", path = ""] = match;
    mappings.push({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      offset: Number.parseInt(offset, 16),
      file: `${device}:${inode}`,
      path: path.replace(/ \(deleted\)$/, ""),
    });
  }
  return mappings;
}

/** The executable mappings of a living process; none when it is gone. */
export function readMaps(pid: number): Mapping[] {
  try {
    return parseMaps(readFileSync(`/proc/${pid}/maps`, "latin1"));
  } catch {
    return [];
  }
}

/** The mapping that holds the address. */
export function mappingAt(mappings: readonly Mapping[], address: number): Mapping | undefined {
  return mappings.find((mapping) => address >= mapping.start && address < mapping.end);
}
