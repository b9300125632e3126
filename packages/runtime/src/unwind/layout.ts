/** A process's mappings and the tables of their files, as sorted ranges. */
import { PAGE_BYTES } from "@sonde/bpf/eh-frame";
import { UNWIND_NO_CHUNK, UNWIND_RANGES_OF_PROCESS } from "@sonde/bpf/spec";
import type { Range } from "./ranges.ts";
import type { LoadedTable } from "./tables.ts";

/** Executable memory of a process. */
export interface Code {
  readonly start: number;
  readonly end: number;
  /** Where in the file its first byte is. */
  readonly offset: number;
}

/** The ranges of one mapping: those of its table's sections, and what lies between them without one. */
export function rangesOf({ start, end, offset }: Code, { code, sections }: LoadedTable): Range[] {
  const segment = code.find((s) => offset < s.offset + s.size && offset + (end - start) > s.offset);
  // What has to be added to the file's addresses to get the process's.
  const bias = segment === undefined ? 0 : start - offset + segment.offset - segment.address;
  const ranges: Range[] = [];
  let at = start;
  const plain = (until: number): void => {
    if (until > at) ranges.push({ start: at, end: until, origin: 0, chunk: UNWIND_NO_CHUNK, base: 0 });
  };
  for (const { address, pages, place } of segment === undefined ? [] : sections) {
    const origin = address + bias;
    const [from, to] = [Math.max(origin, at), Math.min(origin + pages * PAGE_BYTES, end)];
    if (from >= to) continue;
    plain(from);
    ranges.push({ start: from, end: to, origin, chunk: place.chunk, base: place.base });
    at = to;
  }
  plain(end);
  return ranges;
}

/** What a search in the kernel can go through; more is cut, at the highest addresses. */
export function searchable(ranges: readonly Range[]): readonly Range[] {
  return ranges.slice(0, UNWIND_RANGES_OF_PROCESS);
}
