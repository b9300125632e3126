/**
 * The lexer: one token at a time from any offset, so that the parser can look ahead and come back,
 * and can read attach points (whose rules are their own) straight from the text.
 */
import type { Diagnostics } from "../../diagnostics/index.ts";
import * as messages from "../messages/syntax.ts";
import { isDigit, isNamePart, isNameStart, isSpace } from "./characters.ts";
import { readNumber } from "./number.ts";
import { readString } from "./string.ts";
import { token, type Token } from "./token.ts";

/** Longest first, so that the first that matches is the one. */
const OPERATORS: readonly string[] = [
  "<<=",
  ">>=",
  "...",
  "++",
  "--",
  "->",
  "<<",
  ">>",
  "<=",
  ">=",
  "==",
  "!=",
  "&&",
  "||",
  "+=",
  "-=",
  "*=",
  "/=",
  "%=",
  "&=",
  "|=",
  "^=",
  "..",
  "+",
  "-",
  "*",
  "/",
  "%",
  "&",
  "|",
  "^",
  "~",
  "!",
  "<",
  ">",
  "=",
  "?",
  ":",
  ";",
  ",",
  ".",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
];

export class Lexer {
  readonly text: string;
  readonly #diagnostics: Diagnostics;

  constructor(text: string, diagnostics: Diagnostics) {
    this.text = text;
    this.#diagnostics = diagnostics;
  }

  /** The first token at or after an offset. Characters that belong to none are reported and skipped. */
  next(offset: number): Token {
    let start = this.skipTrivia(offset);
    for (;;) {
      const token = this.#read(start);
      if (token !== undefined) return token;
      const character = String.fromCodePoint(this.text.codePointAt(start) ?? 0);
      this.#diagnostics.report(messages.strayCharacter, { start, end: start + character.length }, printable(character));
      start = this.skipTrivia(start + character.length);
    }
  }

  /** The offset of what follows white space and comments. */
  skipTrivia(offset: number): number {
    const { text } = this;
    let i = offset;
    for (;;) {
      while (isSpace(text.charCodeAt(i))) i++;
      if (text.startsWith("//", i)) {
        const newline = text.indexOf("\n", i);
        i = newline < 0 ? text.length : newline;
      } else if (text.startsWith("/*", i)) {
        const end = text.indexOf("*/", i + 2);
        if (end < 0) {
          this.#diagnostics.report(messages.unterminatedComment, { start: i, end: i + 2 });
          return text.length;
        }
        i = end + 2;
      } else {
        return i;
      }
    }
  }

  #read(start: number): Token | undefined {
    const { text } = this;
    if (start >= text.length) return token("end", start, start, "");
    const code = text.charCodeAt(start);
    if (isNameStart(code)) {
      const end = this.#nameEnd(start + 1);
      return token("identifier", start, end, text.slice(start, end));
    }
    if (isDigit(code)) return readNumber(text, start, this.#diagnostics);
    if (code === QUOTE) return readString(text, start, this.#diagnostics);
    if (code === AT) {
      const end = this.#nameEnd(start + 1);
      return token("map", start, end, text.slice(start, end));
    }
    if (code === DOLLAR) return this.#dollar(start);
    if (code === HASH) return this.#directive(start);
    const operator = OPERATORS.find((candidate) => text.startsWith(candidate, start));
    return operator === undefined ? undefined : token("operator", start, start + operator.length, operator);
  }

  /** `$name`, `$1` or `$#`. */
  #dollar(start: number): Token | undefined {
    const { text } = this;
    const code = text.charCodeAt(start + 1);
    if (code === HASH) return token("positional", start, start + 2, "$#");
    const end = this.#nameEnd(start + 1);
    const name = text.slice(start + 1, end);
    if (isNameStart(code)) return token("variable", start, end, name);
    if (!isDigit(code)) return undefined;
    const index = /^\d{1,4}$/.test(name) ? Number(name) : 0;
    if (index === 0) this.#diagnostics.report(messages.badPositional, { start, end }, text.slice(start, end));
    return { ...token("positional", start, end, `$${name}`), value: BigInt(index) };
  }

  /** A preprocessor's line, with the lines that a backslash joins to it. */
  #directive(start: number): Token {
    const { text } = this;
    let end = start;
    do {
      const newline = text.indexOf("\n", end + 1);
      end = newline < 0 ? text.length : newline;
    } while (text[end - 1] === "\\" && end < text.length);
    return token("directive", start, end, text.slice(start, end));
  }

  #nameEnd(offset: number): number {
    let end = offset;
    while (isNamePart(this.text.charCodeAt(end))) end++;
    return end;
  }
}

const QUOTE = 34;
const HASH = 35;
const DOLLAR = 36;
const AT = 64;

function printable(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return /[\p{C}\p{Z}]/u.test(character) ? `U+${code.toString(16).toUpperCase().padStart(4, "0")}` : character;
}
