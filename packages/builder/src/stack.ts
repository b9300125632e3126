/** Where in a module an error came from, by its stack. */
import type { SourceSpan, SourceText } from "@sonde/compiler/diagnostics";

/** The first line of one of `sources` (by file) in the stack; undefined if there is none. */
export function placeOfError(error: unknown, sources: ReadonlyMap<string, SourceText>): SourceSpan | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const line of stack.split("\n")) {
    const [, file = "", row] = /\(?([^\s(]+):(\d+):\d+\)?$/.exec(line) ?? [];
    const source = sources.get(file);
    if (source !== undefined) return lineSpan(source, Number(row));
  }
  return undefined;
}

/** A whole line, what indents it left out: columns are not those of the text once it was prepared. */
function lineSpan(source: SourceText, row: number): SourceSpan {
  const lines = source.text.split("\n");
  const before = lines.slice(0, row - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const text = lines[row - 1] ?? "";
  const indent = text.length - text.trimStart().length;
  return { start: before + indent, end: before + text.trimEnd().length, source };
}
