/**
 * The size of the ring buffer. Its pages are made, mapped and let go at every start (1.5 ms of CPU and
 * 8 MB of resident memory for 4 MB), so a script that emits little gets a small one.
 */
import type { EventView } from "@sonde/bpf/spec";

const PAGE = 4096;
/** Whole pages of every machine, and room for the largest record. */
const LEAST = 64 << 10;
const MOST = 4 << 20;
/** What a busy probe emits in 50 ms, several times the interval between readings. */
const RECORDS = 65536;
/** The kernel's own, before each record. */
const HEADER = 8;

/** Bytes, a power of two: `pages` of 4096 bytes where the script says so. */
export function ringBytes(events: readonly EventView[], pages: number | undefined): number {
  let bytes = pages === undefined ? LEAST : PAGE;
  const wanted = pages === undefined ? Math.min(MOST, RECORDS * largestRecord(events)) : pages * PAGE;
  while (bytes < wanted) bytes *= 2;
  return bytes;
}

/** After the first exit() no other matters, so these need no room of their own. */
function largestRecord(events: readonly EventView[]): number {
  return Math.max(0, ...events.map(({ action, size }) => (action.kind === "exit" ? 0 : HEADER + size)));
}
