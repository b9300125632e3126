/** Positions in a source text, as people count them. */

export interface SourceText {
  /** As shown: a file's name, or "-e" for text from the command line. */
  readonly name: string;
  readonly text: string;
}

/** From 1; columns count characters, so that one outside the basic plane is one. */
export interface Location {
  readonly line: number;
  readonly column: number;
}

/** Where a UTF-16 offset lies. */
export function locate(text: string, offset: number): Location {
  const { start } = lineAt(text, offset);
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < start; i = text.indexOf("\n", i + 1)) line++;
  return { line, column: [...text.slice(start, offset)].length + 1 };
}

/** The bounds of the line around an offset, its end (and a carriage return before it) left out. */
export function lineAt(text: string, offset: number): { readonly start: number; readonly end: number } {
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  const newline = text.indexOf("\n", offset);
  const end = newline < 0 ? text.length : newline;
  return { start, end: end > start && text[end - 1] === "\r" ? end - 1 : end };
}
