/** Source positions for instructions, from the tree's spans. */
import type { SourcePosition } from "@sonde/bpf/asm";
import { lineAt, partAt, type SourceSpan, type SourceText } from "../diagnostics/index.ts";

export class Positions {
  readonly #source: SourceText;
  readonly #known = new Map<number, SourcePosition>();
  /** The place asked for last: the next one is mostly further on, and is counted from there. */
  #last: Place | undefined;

  constructor(source: SourceText) {
    this.#source = source;
  }

  /** The position of a span's first character; the same object for the same place. */
  at(span: SourceSpan): SourcePosition {
    let position = this.#known.get(span.start);
    if (position === undefined) {
      const { line, column, text } = this.#place(span.start);
      const part = partAt(this.#source, span.start);
      position = { file: part.name, line: line - this.#linesBefore(part.start), column, text };
      this.#known.set(span.start, position);
    }
    return position;
  }

  /** Lines of the files before one that starts there. */
  #linesBefore(start: number): number {
    return start === 0 ? 0 : newlines(this.#source.text, 0, start);
  }

  /** "script.bt:1:9-62": a span as messages name it, up to and with its last column. */
  range(span: SourceSpan): string {
    const { file, line, column } = this.at(span);
    return `${file}:${line}:${column}-${column + characters(this.text(span), 0, span.end - span.start)}`;
  }

  /** The source text of a span. */
  text(span: SourceSpan): string {
    return this.#source.text.slice(span.start, span.end);
  }

  #place(offset: number): Place {
    const { text } = this.#source;
    const last = this.#last;
    if (last !== undefined && offset >= last.offset && offset <= last.end) {
      const column = last.column + characters(text, last.offset, offset);
      return (this.#last = { ...last, offset, column });
    }
    const { start, end } = lineAt(text, offset);
    const forward = last !== undefined && offset > last.end;
    const line = forward ? last.line + newlines(text, last.end, start) : 1 + newlines(text, 0, start);
    const column = 1 + characters(text, start, offset);
    return (this.#last = { offset, end, line, column, text: text.slice(start, end) });
  }
}

interface Place {
  readonly offset: number;
  /** Of its line. */
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** The whole line. */
  readonly text: string;
}

function newlines(text: string, start: number, end: number): number {
  let count = 0;
  for (let i = text.indexOf("\n", start); i >= 0 && i < end; i = text.indexOf("\n", i + 1)) count++;
  return count;
}

/** As locate() counts columns: what lies outside of the basic plane is one character. */
function characters(text: string, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; count++) i += text.codePointAt(i)! > 0xffff ? 2 : 1;
  return count;
}
