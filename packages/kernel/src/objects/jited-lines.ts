/** How much machine code each source line became. */
import type { ProgramCode } from "./program-code.ts";

/**
 * Bytes for each of `code.lines`: from where its code starts to where the next line's does, or to the
 * end of the function. Undefined where the kernel does not show addresses.
 */
export function jitedLineBytes(code: ProgramCode): readonly number[] | undefined {
  const { jited, jitedLines: starts } = code;
  if (starts.length === 0 || starts.length !== code.lines.length) return undefined;
  const ends = jited.map(({ address, bytes }) => address + BigInt(bytes));
  const bounds = [...starts, ...ends].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return starts.map((start) => Number((bounds.find((bound) => bound > start) ?? start) - start));
}
