/** Source positions for instructions, from the tree's spans. */
import type { SourcePosition } from "@sonde/bpf/asm";
import { lineAt, locate, type SourceText } from "../../diagnostics/index.ts";
import type { Span } from "../ast.ts";

export class Positions {
  readonly #source: SourceText;
  readonly #known = new Map<number, SourcePosition>();

  constructor(source: SourceText) {
    this.#source = source;
  }

  /** The position of a span's first character; the same object for the same place. */
  at(span: Span): SourcePosition {
    let position = this.#known.get(span.start);
    if (position === undefined) {
      const { name, text } = this.#source;
      const { line, column } = locate(text, span.start);
      const bounds = lineAt(text, span.start);
      position = { file: name, line, column, text: text.slice(bounds.start, bounds.end) };
      this.#known.set(span.start, position);
    }
    return position;
  }

  /** The source text of a span. */
  text(span: Span): string {
    return this.#source.text.slice(span.start, span.end);
  }
}
