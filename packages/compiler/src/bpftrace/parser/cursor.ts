/** Where the parser stands: the current token, how to move on, and how to give up on a construct. */
import type { Diagnostics, Message } from "../../diagnostics/index.ts";
import type { Span } from "../ast.ts";
import { Lexer } from "../lexer/lexer.ts";
import { describe, type Token } from "../lexer/token.ts";
import * as messages from "../messages/syntax.ts";

/** How deep brackets, operators and statements may nest. */
export const MAX_DEPTH = 200;
/**
 * How many operators one statement may have. A chain like `a + b + c` makes the tree one level
 * higher with each: whoever walks it recursively must be able to.
 */
export const MAX_OPERATORS = 1000;

/** Thrown after a report, to get back to the next place where parsing can go on; never leaves the parser. */
export class SyntaxStop extends Error {}

export class Cursor {
  readonly lexer: Lexer;
  readonly diagnostics: Diagnostics;
  /** The token to be looked at next. */
  token: Token;
  /** Where the last token that was taken ended. */
  previousEnd = 0;
  /** Inside `/filter/`: a slash before `{` ends it. */
  inPredicate = false;
  #depth = 0;
  #operators = 0;

  /** @param start where to begin; 0 if not given */
  constructor(text: string, diagnostics: Diagnostics, start = 0) {
    this.lexer = new Lexer(text, diagnostics);
    this.diagnostics = diagnostics;
    this.token = this.lexer.next(start);
  }

  get text(): string {
    return this.lexer.text;
  }

  advance(): Token {
    const taken = this.token;
    this.previousEnd = taken.end;
    this.token = this.lexer.next(taken.end);
    return taken;
  }

  /** Go on (or back) at an offset. */
  seek(offset: number): void {
    this.previousEnd = offset;
    this.token = this.lexer.next(offset);
  }

  /** The token after the current one. */
  peek(): Token {
    return this.lexer.next(this.token.end);
  }

  at(operator: string): boolean {
    return this.token.kind === "operator" && this.token.text === operator;
  }

  atWord(word: string): boolean {
    return this.token.kind === "identifier" && this.token.text === word;
  }

  accept(operator: string): boolean {
    if (!this.at(operator)) return false;
    this.advance();
    return true;
  }

  /** Takes `operator`, or says what else stands here. */
  expect(operator: string, expected: string = operator): Token {
    if (this.at(operator)) return this.advance();
    return this.unexpected(expected);
  }

  /** Takes the bracket that closes one opened at `opening`. */
  close(closing: string, opening: Token): Token {
    if (this.token.kind === "end") this.fail(messages.unclosed, opening, opening.text, closing);
    return this.expect(closing);
  }

  expectName(expected: string): Token {
    if (this.token.kind === "identifier") return this.advance();
    return this.unexpected(expected);
  }

  unexpected(expected: string): never {
    this.fail(messages.unexpected, this.token, describe(this.token, this.text), expected);
  }

  fail<Args extends readonly unknown[]>(message: Message<Args>, span: Span, ...args: Args): never {
    this.diagnostics.report(message, span, ...args);
    throw new SyntaxStop();
  }

  /** Runs `parse` one level deeper. */
  nested<Result>(parse: () => Result): Result {
    if (this.#depth >= MAX_DEPTH) this.fail(messages.tooDeep, this.token, MAX_DEPTH);
    this.#depth++;
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }

  /** Counts one operator of the current statement. */
  countOperator(): void {
    if (++this.#operators > MAX_OPERATORS) this.fail(messages.tooLong, this.token, MAX_OPERATORS);
  }

  /** A new statement or filter begins. */
  resetOperators(): void {
    this.#operators = 0;
  }

  /** From `start` to the end of what was taken last. */
  span(start: number): Span {
    return { start, end: Math.max(start, this.previousEnd) };
  }

  /** Runs `parse`; where it gives up, skips to a place where `resume` says that parsing can go on. */
  recovering<Result>(parse: () => Result, resume: () => void): Result | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof SyntaxStop)) throw error;
      resume();
      return undefined;
    }
  }

  /** Over everything up to the end of a statement: after its `;`, or before the `}` around it. */
  skipStatement(): void {
    for (let open = 0; this.token.kind !== "end";) {
      if (open === 0 && this.at("}")) return;
      const { kind, text } = this.advance();
      if (kind !== "operator") continue;
      if (text === "{") open++;
      else if (text === "}" && --open === 0) return;
      else if (text === ";" && open === 0) return;
    }
  }

  /** Over everything up to and including the next block. */
  skipBlock(): void {
    for (let open = 0; this.token.kind !== "end";) {
      const { kind, text } = this.advance();
      if (kind !== "operator") continue;
      if (text === "{") open++;
      else if (text === "}" && --open <= 0) return;
    }
  }
}
