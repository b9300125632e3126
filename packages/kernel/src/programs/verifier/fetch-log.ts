/** Gets the verifier's log of a program that was refused, by loading it again. */
import { Errno } from "../../sys/errno.ts";
import type { Kernel } from "../../sys/kernel.ts";
import { Memory } from "../../sys/memory.ts";

/** What BPF_PROG_LOAD is told about the log: where it goes, and bits of BPF_LOG_LEVEL. */
export interface LogRequest {
  readonly level: number;
  readonly buffer: Memory;
}

/** The steps of the walk, and only what was decided. */
const LogLevel = { STEPS: 1, STATISTICS: 4 } as const;

const SMALL_BYTES = 64 * 1024;
/** The most that every kernel accepts. */
const LARGE_BYTES = 16 * 1024 * 1024 - 1;

/**
 * The log, or the program's descriptor should the kernel take it this time.
 *
 * A log that does not fit costs another verification, so few sizes are tried. From 6.4 on the kernel
 * keeps the end of such a log, where the reason is; before that the reason alone is asked for.
 * @param errno what loading without a log ended with
 * @param load loads the program with this log; returns a descriptor or a negative errno
 */
export function fetchLog(kernel: Kernel, errno: number, load: (log: LogRequest) => number): number | string {
  // Of a program that is too large the log is too, and nobody reads a million steps of one loop.
  const sizes = errno === Errno.E2BIG ? [SMALL_BYTES] : [SMALL_BYTES, LARGE_BYTES];
  for (const size of sizes) {
    const { result, text } = loadWithLog(kernel, size, LogLevel.STEPS, load);
    if (result >= 0) return result;
    if (result !== -Errno.ENOSPC || (size === sizes.at(-1) && hasEnd(text))) return text;
  }
  const { result, text } = loadWithLog(kernel, SMALL_BYTES, LogLevel.STATISTICS, load);
  return result >= 0 ? result : text;
}

function loadWithLog(kernel: Kernel, size: number, level: number, load: (log: LogRequest) => number) {
  const buffer = new Memory(kernel, size);
  const result = load({ level, buffer });
  const text = Buffer.from(buffer.bytes.subarray(0, buffer.bytes.indexOf(0))).toString("utf8");
  return { result, text };
}

/** The statistics are the last line of every log. */
function hasEnd(text: string): boolean {
  return text.lastIndexOf("\nprocessed ") > text.length - 400;
}
