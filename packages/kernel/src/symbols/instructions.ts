/** Where instructions begin: a breakpoint amid one would make another of it, and break the program. */
import type { CodePlace, InstructionBounds } from "@sonde/bpf/spec";
import { ElfFile } from "./elf.ts";
import { FunctionTable } from "./function-table.ts";
import { symbolOffset } from "./functions.ts";
import { instructionLength } from "./x86-instructions.ts";

/** Bytes of the longest instruction. */
const MARGIN = 16;
/** Functions are smaller; a place further on is not told. */
const MAX_DISTANCE = 1 << 24;

/** Undefined where the code cannot be told: of no function that is known, or no code at all. Errors: ElfError, node:fs's errors. */
export function instructionAt(path: string, { symbol, offset }: CodePlace): InstructionBounds | undefined {
  const start = symbol === undefined ? functionAround(path, offset) : symbolOffset(path, symbol);
  if (start === undefined) return undefined;
  const base = symbol === undefined ? start : 0;
  const found = boundsIn(path, start, offset - base);
  return found && { start: found.start + base, end: found.end + base };
}

/** Where in the file the function begins that has code at an offset. */
function functionAround(path: string, offset: number): number | undefined {
  const found = FunctionTable.read(path).find(offset);
  return found && offset - found.offset;
}

function boundsIn(path: string, start: number, distance: number): InstructionBounds | undefined {
  if (distance < 0 || distance > MAX_DISTANCE) return undefined;
  // All instructions of aarch64 have four bytes.
  if (process.arch === "arm64") return { start: distance & ~3, end: (distance & ~3) + 4 };
  using file = ElfFile.open(path);
  const code = file.bytesUpTo(start, distance + MARGIN);
  for (let at = 0; at <= distance;) {
    const length = instructionLength(code, at);
    if (length === undefined) return undefined;
    if (at + length > distance) return { start: at, end: at + length };
    at += length;
  }
  return undefined;
}
