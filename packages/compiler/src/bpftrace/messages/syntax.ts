/** What the lexer and the parser say. */
import type { Message } from "../../diagnostics/index.ts";

type M<Args extends readonly unknown[] = readonly []> = Message<Args>;

// Lexical

export const strayCharacter: M<readonly [character: string]> = {
  code: "SND1001",
  severity: "error",
  text: (character) => `unexpected character ${character}`,
};
export const unterminatedString: M = {
  code: "SND1002",
  severity: "error",
  text: () => "this string does not end",
  hint: () => 'expected a closing " on the same line',
};
export const badEscape: M<readonly [escape: string]> = {
  code: "SND1003",
  severity: "error",
  text: (escape) => `unknown escape sequence ${escape}`,
  hint: () => 'known are \\n \\t \\r \\a \\b \\f \\v \\\\ \\" \\xHH and \\OOO',
};
export const notUtf8: M = {
  code: "SND1004",
  severity: "error",
  text: () => "this string's bytes are not UTF-8, which is not supported yet",
};
export const unterminatedComment: M = {
  code: "SND1005",
  severity: "error",
  text: () => "this comment does not end",
  hint: () => "expected */",
};
export const badNumber: M<readonly [text: string]> = {
  code: "SND1006",
  severity: "error",
  text: (text) => `${text} is not a number`,
  hint: () => "integers are written 12, 0x1f, 017, 1e6 or 1_000, with a unit ns us ms s m h d or a C suffix such as ul",
};
export const numberTooLarge: M<readonly [text: string]> = {
  code: "SND1007",
  severity: "error",
  text: (text) => `${text} does not fit into 64 bits`,
  hint: () => "the largest integer is 18446744073709551615",
};
export const badPositional: M<readonly [text: string]> = {
  code: "SND1008",
  severity: "error",
  text: (text) => `${text} is not a positional parameter`,
  hint: () => "they are $1, $2 ... and $# for their number",
};

// Syntax

export const unexpected: M<readonly [found: string, expected: string]> = {
  code: "SND1101",
  severity: "error",
  text: (found) => `unexpected ${found}`,
  hint: (_, expected) => `expected ${expected}`,
};
export const unclosed: M<readonly [opening: string, closing: string]> = {
  code: "SND1102",
  severity: "error",
  text: (opening) => `this ${opening} is never closed`,
  hint: (_, closing) => `expected ${closing} before the end of the script`,
};
export const notAssignable: M = {
  code: "SND1103",
  severity: "error",
  text: () => "this can't be assigned to",
  hint: () => "only variables ($x) and maps (@x, @x[key]) can",
};
export const notUpdatable: M<readonly [op: string]> = {
  code: "SND1104",
  severity: "error",
  text: (op) => `${op} needs a variable or a map`,
  hint: (op) => `expected $x${op} or @x${op}`,
};
export const tooDeep: M<readonly [limit: number]> = {
  code: "SND1105",
  severity: "error",
  text: (limit) => `this is nested more than ${limit} levels deep`,
  hint: () => "split it with variables",
};
export const tooLarge: M<readonly [size: number, limit: number]> = {
  code: "SND1106",
  severity: "error",
  text: (size, limit) => `the script has ${size} characters, more than the ${limit} that are accepted`,
};
export const tooLong: M<readonly [limit: number]> = {
  code: "SND1113",
  severity: "error",
  text: (limit) => `this statement has more than ${limit} operators`,
  hint: () => "split it with variables",
};
export const noProbes: M = {
  code: "SND1107",
  severity: "error",
  text: () => "the script has no probes",
  hint: () => "expected at least one, such as: tracepoint:syscalls:sys_enter_openat { @[comm] = count(); }",
};
export const needsBlock: M<readonly [statement: string]> = {
  code: "SND1108",
  severity: "error",
  text: (statement) => `the body of ${statement} must be a block`,
  hint: () => "expected {",
};
export const preambleAfterProbe: M<readonly [what: string]> = {
  code: "SND1109",
  severity: "error",
  text: (what) => `${what} must stand before the first probe`,
};
export const unterminatedPredicate: M = {
  code: "SND1110",
  severity: "error",
  text: () => "this filter does not end",
  hint: () => "expected / before the { of the probe's block",
};
export const unknownProvider: M<readonly [name: string, near: string | undefined]> = {
  code: "SND1111",
  severity: "error",
  text: (name) => `unknown probe type ${name}`,
  hint: (_, near) =>
    near ??
    "the types are begin, end, interval, profile, tracepoint, rawtracepoint, kprobe, kretprobe, fentry, fexit, uprobe, uretprobe, software",
};
export const mapLimit: M = {
  code: "SND1112",
  severity: "error",
  text: () => "a map is declared with its type and size",
  hint: () => "for example: let @x = lruhash(1000);",
};
export const blockWithoutValue: M = {
  code: "SND1114",
  severity: "error",
  text: () => "this block gives no value",
  hint: () => "expected an expression without a semicolon at its end: { $x = 1; $x + 1 }",
};
export const fieldTwice: M<readonly [name: string]> = {
  code: "SND1115",
  severity: "error",
  text: (name) => `the record has two fields of the name ${name}`,
};
export const syntaxNotSupported: M<readonly [what: string]> = {
  code: "SND1901",
  severity: "error",
  text: (what) => `${what} not supported yet`,
};
