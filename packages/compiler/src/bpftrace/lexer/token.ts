/** Tokens of the tracing language. Comments and white space are not among them. */
import type { Span } from "../ast.ts";

export interface Token extends Span {
  readonly kind: TokenKind;
  /** A name without its sigil (maps keep their `@`), an operator's text, a string with its escapes resolved. */
  readonly text: string;
  /** Integers only: durations in nanoseconds; positional parameters their number, `$#` 0. */
  readonly value: bigint;
  /** An integer's unit or C suffix. */
  readonly suffix: string;
}

/** `directive`: a whole line that starts with `#`. */
export type TokenKind =
  | "identifier"
  | "variable"
  | "map"
  | "positional"
  | "int"
  | "string"
  | "operator"
  | "directive"
  | "end";

/** A token as a message names it. */
export function describe(token: Token, source: string): string {
  if (token.kind === "end") return "end of script";
  const text = source.slice(token.start, token.end);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

export function token(kind: TokenKind, start: number, end: number, text: string): Token {
  return { kind, start, end, text, value: 0n, suffix: "" };
}
