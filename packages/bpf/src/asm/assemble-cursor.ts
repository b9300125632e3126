/** One line of assembly, read from left to right; white space between parts never matters. */
import { AsmError } from "./errors.ts";

/** Text that is no assembly. Line and column count from 1; the message holds them, and the line. */
export class AssemblyError extends AsmError {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number, text: string) {
    super(`line ${line}, column ${column}: ${message}\n  ${text}\n  ${" ".repeat(column - 1)}^`);
    this.line = line;
    this.column = column;
  }
}

/** A whole number, decimal or hexadecimal; a sign stands for itself. */
const NUMBER = /0x[0-9a-f]+|[0-9]+/iy;
const SPACE = /\s*/y;

export class Cursor {
  readonly #text: string;
  readonly #line: number;
  #at = 0;
  /** Where the last part began. */
  #start = 0;

  constructor(text: string, line: number) {
    this.#text = text;
    this.#line = line;
  }

  get atEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.#text.length;
  }

  /** Takes what a sticky expression matches here: the match, or undefined and nothing is taken. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#start = this.#at;
    this.#at += match[0].length;
    return match;
  }

  /** Takes these characters if they stand here. */
  take(characters: string): boolean {
    this.#skipSpace();
    if (!this.#text.startsWith(characters, this.#at)) return false;
    this.#start = this.#at;
    this.#at += characters.length;
    return true;
  }

  expect(characters: string): void {
    if (!this.take(characters)) throw this.expected(`"${characters}"`);
  }

  /** A number with an optional sign, as wide as it is written. */
  integer(what: string): bigint {
    const negative = this.take("-");
    const start = this.#start;
    if (!negative) this.take("+");
    const digits = this.match(NUMBER);
    if (digits === undefined) throw this.expected(what);
    if (negative) this.#start = start;
    return negative ? -BigInt(digits[0]) : BigInt(digits[0]);
  }

  /** {@link integer} between two bounds, both included. */
  integerIn(low: number, high: number, what: string): number {
    const value = this.integer(what);
    if (value < low || value > high) throw this.refuse(`${value} does not fit ${what}`);
    return Number(value);
  }

  /** An error about what should stand here. */
  expected(what: string): AssemblyError {
    this.#skipSpace();
    const found = /^\S+/.exec(this.#text.slice(this.#at))?.[0];
    return this.#error(
      `expected ${what}, found ${found === undefined ? "the end of the line" : `"${found}"`}`,
      this.#at,
    );
  }

  /** An error about the last part taken. */
  refuse(message: string): AssemblyError {
    return this.#error(message, this.#start);
  }

  #error(message: string, at: number): AssemblyError {
    return new AssemblyError(message, this.#line, at + 1, this.#text);
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
  }
}
