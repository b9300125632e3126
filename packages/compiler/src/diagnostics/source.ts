/** Positions in a source text, as people count them. */

export interface SourceText {
  /** As shown: a file's name, or "-e" for text from the command line. */
  readonly name: string;
  readonly text: string;
  /** Where further files begin that stand behind the first in the text, in their order. */
  readonly parts?: readonly SourcePart[];
}

/** One file in a text of several. */
export interface SourcePart {
  readonly name: string;
  /** UTF-16 offset of its first character. */
  readonly start: number;
}

/** From 1; columns count characters, so that one outside the basic plane is one. */
export interface Location {
  readonly line: number;
  readonly column: number;
}

/** The file that an offset lies in. */
export function partAt({ name, parts = [] }: SourceText, offset: number): SourcePart {
  return parts.findLast(({ start }) => start <= offset) ?? { name, start: 0 };
}

/** Where a UTF-16 offset lies, lines counted from the one at `from`. */
export function locate(text: string, offset: number, from = 0): Location {
  const { start } = lineAt(text, offset);
  let line = 1;
  for (let i = text.indexOf("\n", from); i >= 0 && i < start; i = text.indexOf("\n", i + 1)) line++;
  return { line, column: [...text.slice(start, offset)].length + 1 };
}

/** The bounds of the line around an offset, its end (and a carriage return before it) left out. */
export function lineAt(text: string, offset: number): { readonly start: number; readonly end: number } {
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  const newline = text.indexOf("\n", offset);
  const end = newline < 0 ? text.length : newline;
  return { start, end: end > start && text[end - 1] === "\r" ? end - 1 : end };
}
