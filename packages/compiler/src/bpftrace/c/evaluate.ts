/** Constant expressions of C: array lengths, enumerators, bit-field widths, #if, and what #define stands for. */
import { parseNumber } from "../lexer/number.ts";
import { POWER } from "../parser/powers.ts";
import type { CToken } from "./tokens.ts";

/** What names mean, and how large types are. */
export interface Names {
  /** The value of a name; undefined if it has none. */
  readonly value: (name: string) => bigint | undefined;
  /** Bytes of the type at the start of the tokens, and how many of them it takes; undefined where none starts. */
  readonly sizeOf?: (tokens: readonly CToken[]) => { readonly bytes: number; readonly taken: number } | undefined;
}

const POWERS: Readonly<Record<string, number>> = POWER;
const MAX_DEPTH = 100;

/** The value of an expression that is made of all the tokens; undefined if it is not constant, or no expression. */
export function evaluate(tokens: readonly CToken[], names: Names): bigint | undefined {
  const reader = new Evaluation(tokens, names);
  const value = reader.ternary();
  return reader.ended ? value : undefined;
}

class Evaluation {
  readonly #tokens: readonly CToken[];
  readonly #names: Names;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly CToken[], names: Names) {
    this.#tokens = tokens;
    this.#names = names;
  }

  get ended(): boolean {
    return this.#at >= this.#tokens.length;
  }

  get #text(): string {
    return this.#tokens[this.#at]?.text ?? "";
  }

  #accept(text: string): boolean {
    if (this.#text !== text || this.#tokens[this.#at]?.kind === "string") return false;
    this.#at++;
    return true;
  }

  ternary(): bigint | undefined {
    if (++this.#depth > MAX_DEPTH) return undefined;
    const condition = this.#binary(0);
    if (!this.#accept("?")) {
      this.#depth--;
      return condition;
    }
    const then = this.ternary();
    if (!this.#accept(":")) return undefined;
    const otherwise = this.ternary();
    this.#depth--;
    return condition === undefined ? undefined : condition !== 0n ? then : otherwise;
  }

  #binary(power: number): bigint | undefined {
    let left = this.#unary();
    for (;;) {
      const op = this.#text;
      const own = Object.hasOwn(POWERS, op) ? POWERS[op]! : 0;
      if (own <= power) return left;
      this.#at++;
      const right = this.#binary(own);
      left = left === undefined || right === undefined ? undefined : combine(op, left, right);
    }
  }

  #unary(): bigint | undefined {
    if (++this.#depth > MAX_DEPTH) return undefined;
    const value = this.#operand();
    this.#depth--;
    return value;
  }

  #operand(): bigint | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined) return undefined;
    this.#at++;
    switch (token.text) {
      case "-":
        return map(this.#unary(), (value) => -value);
      case "+":
        return this.#unary();
      case "~":
        return map(this.#unary(), (value) => ~value);
      case "!":
        return map(this.#unary(), (value) => (value === 0n ? 1n : 0n));
      case "(": {
        // A cast of a constant leaves its value.
        const type = this.#names.sizeOf?.(this.#tokens.slice(this.#at));
        if (type !== undefined && this.#tokens[this.#at + type.taken]?.text === ")") {
          this.#at += type.taken + 1;
          return map(this.#unary(), (value) => (type.bytes < 8 ? BigInt.asUintN(type.bytes * 8, value) : value));
        }
        const value = this.ternary();
        return this.#accept(")") ? value : undefined;
      }
      case "sizeof": {
        const brackets = this.#accept("(");
        const type = this.#names.sizeOf?.(this.#tokens.slice(this.#at));
        if (type === undefined) return undefined;
        this.#at += type.taken;
        return brackets && !this.#accept(")") ? undefined : BigInt(type.bytes);
      }
    }
    if (token.kind === "number") return parseNumber(token.text)?.value;
    if (token.kind === "character") return characterValue(token.text);
    return token.kind === "name" ? this.#names.value(token.text) : undefined;
  }
}

function map(value: bigint | undefined, change: (value: bigint) => bigint): bigint | undefined {
  return value === undefined ? undefined : change(value);
}

function combine(op: string, a: bigint, b: bigint): bigint | undefined {
  const truth = (value: boolean): bigint => (value ? 1n : 0n);
  switch (op) {
    case "||":
      return truth(a !== 0n || b !== 0n);
    case "&&":
      return truth(a !== 0n && b !== 0n);
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "&":
      return a & b;
    case "==":
      return truth(a === b);
    case "!=":
      return truth(a !== b);
    case "<":
      return truth(a < b);
    case "<=":
      return truth(a <= b);
    case ">":
      return truth(a > b);
    case ">=":
      return truth(a >= b);
    case "<<":
      return b < 0n || b > 63n ? undefined : BigInt.asIntN(64, a << b);
    case ">>":
      return b < 0n || b > 63n ? undefined : a >> b;
    case "+":
      return BigInt.asIntN(65, a + b);
    case "-":
      return BigInt.asIntN(65, a - b);
    case "*":
      return BigInt.asIntN(65, a * b);
    case "/":
      return b === 0n ? undefined : a / b;
    default:
      return b === 0n ? undefined : a % b;
  }
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, "0": 0, "\\": 92, "'": 39, '"': 34 };

function characterValue(text: string): bigint | undefined {
  const inner = text.slice(1, -1);
  if (!inner.startsWith("\\")) return inner.length === 1 ? BigInt(inner.charCodeAt(0)) : undefined;
  const hexadecimal = /^\\x([\da-fA-F]{1,2})$/.exec(inner);
  if (hexadecimal !== null) return BigInt(`0x${hexadecimal[1]}`);
  const octal = /^\\([0-7]{1,3})$/.exec(inner);
  if (octal !== null) return BigInt(`0o${octal[1]}`);
  const escaped = ESCAPES[inner.slice(1)];
  return escaped === undefined ? undefined : BigInt(escaped);
}
