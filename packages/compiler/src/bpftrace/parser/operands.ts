/** Operands: literals, names, calls, what stands in parentheses, and the operators before and behind them. */
import type { Expr, MapRef, Span, TypeName, Unary } from "../ast.ts";
import { isBuiltin } from "../builtins.ts";
import * as messages from "../messages/syntax.ts";
import type { Cursor } from "./cursor.ts";
import type { Token } from "../lexer/token.ts";
import { parseExpression } from "./expressions.ts";
import { parseBlockExpression } from "./statements.ts";
import { parseTypeName, startsType } from "./type-names.ts";

/** A unary expression. */
export function parseOperand(cursor: Cursor): Expr {
  const { start, kind, text } = cursor.token;
  if (kind === "operator") {
    if (text === "++" || text === "--") {
      cursor.advance();
      const target = cursor.nested(() => parseOperand(cursor));
      return update(cursor, text, true, target, cursor.span(start));
    }
    if (isUnary(text)) {
      cursor.advance();
      const operand = cursor.nested(() => parseOperand(cursor));
      return { kind: "unary", op: text, operand, span: cursor.span(start) };
    }
  }
  if (cursor.atWord("comptime")) {
    cursor.advance();
    const operand = cursor.nested(() => parseOperand(cursor));
    return { kind: "comptime", operand, span: cursor.span(start) };
  }
  return parsePostfix(cursor);
}

function isUnary(text: string): text is Unary["op"] {
  return text === "-" || text === "!" || text === "~" || text === "*" || text === "&";
}

function update(cursor: Cursor, op: "++" | "--", prefix: boolean, target: Expr, span: Span): Expr {
  if (target.kind !== "variable" && target.kind !== "map") cursor.fail(messages.notUpdatable, target.span, op);
  return { kind: "update", op, prefix, target, span };
}

/** A primary expression with members, indices, `++` and `--` behind it. */
function parsePostfix(cursor: Cursor): Expr {
  const { start } = cursor.token;
  let value = parsePrimary(cursor);
  while (cursor.token.kind === "operator") {
    const { text } = cursor.token;
    if (text !== "." && text !== "->" && text !== "[" && text !== "++" && text !== "--") break;
    cursor.countOperator();
    if (text === "." || text === "->") {
      cursor.advance();
      const name = cursor.token;
      if (name.kind !== "identifier" && name.kind !== "int") cursor.unexpected("a field's name");
      cursor.advance();
      value = {
        kind: "member",
        object: value,
        name: name.text,
        nameSpan: { start: name.start, end: name.end },
        arrow: text === "->",
        span: cursor.span(start),
      };
    } else if (text === "[") {
      const opening = cursor.advance();
      const index = parseExpression(cursor);
      cursor.close("]", opening);
      value = { kind: "index", object: value, index, span: cursor.span(start) };
    } else {
      cursor.advance();
      value = update(cursor, text, false, value, cursor.span(start));
    }
  }
  return value;
}

function parsePrimary(cursor: Cursor): Expr {
  const { kind, text, start, value, suffix } = cursor.token;
  switch (kind) {
    case "int":
      cursor.advance();
      return { kind: "int", value, suffix, span: cursor.span(start) };
    case "string":
      cursor.advance();
      return parseStringTail(cursor, text, start);
    case "variable":
      cursor.advance();
      return { kind: "variable", name: text, span: cursor.span(start) };
    case "positional":
      cursor.advance();
      return { kind: "positional", index: Number(value), span: cursor.span(start) };
    case "map":
      return parseMap(cursor);
    case "identifier":
      return parseName(cursor);
    case "operator":
      if (text === "(") return parseParenthesised(cursor);
      if (text === "{") return parseValueBlock(cursor);
  }
  return cursor.unexpected("an expression");
}

function parseValueBlock(cursor: Cursor): Expr {
  const block = parseBlockExpression(cursor);
  if (block.value === undefined) cursor.fail(messages.blockWithoutValue, block.span);
  return block;
}

/** `if (condition) { ...; value } else { value }`, where a value is expected. */
function parseIfExpression(cursor: Cursor): Expr {
  return cursor.nested(() => {
    const { start } = cursor.advance();
    const decided = cursor.atWord("comptime") ? cursor.advance() : undefined;
    const opening = cursor.expect("(");
    const inner = parseExpression(cursor);
    cursor.close(")", opening);
    const condition: Expr =
      decided === undefined ? inner : { kind: "comptime", operand: inner, span: cursor.span(decided.start) };
    const then = parseValueBlock(cursor);
    if (!cursor.atWord("else")) cursor.unexpected("else, since this if is a value");
    cursor.advance();
    const otherwise = cursor.atWord("if") ? parseIfExpression(cursor) : parseValueBlock(cursor);
    return { kind: "ternary", condition, then, otherwise, span: cursor.span(start) };
  });
}

/** Strings that follow each other are one, as in C. */
function parseStringTail(cursor: Cursor, first: string, start: number): Expr {
  let value = first;
  while (cursor.token.kind === "string") value += cursor.advance().text;
  return { kind: "string", value, span: cursor.span(start) };
}

/** `@x`, `@x[key, ...]`. A tuple written as the key is the same as its parts. */
function parseMap(cursor: Cursor): MapRef {
  const { text: name, start } = cursor.advance();
  let keys: readonly Expr[] = [];
  if (cursor.at("[")) {
    const opening = cursor.advance();
    keys = parseList(cursor, "]");
    if (keys.length === 0) cursor.unexpected("a key");
    cursor.close("]", opening);
    const [only] = keys;
    if (keys.length === 1 && only?.kind === "tuple") keys = only.items;
  }
  return { kind: "map", name, keys, span: cursor.span(start) };
}

function parseName(cursor: Cursor): Expr {
  const { text: name, start, end } = cursor.token;
  if (KEYWORDS.includes(name)) {
    if (name === "if") return parseIfExpression(cursor);
    if (name === "container_of") return parseContainerOf(cursor);
    if (name === "sizeof" || name === "offsetof") return parseLayoutQuery(cursor, name);
    if (name === "typeof" || name === "struct" || name === "union" || name === "enum") {
      const type = parseTypeName(cursor);
      return { kind: "typeArgument", type, span: type.span };
    }
    cursor.unexpected("an expression");
  }
  cursor.advance();
  if (name === "true" || name === "false") return { kind: "bool", value: name === "true", span: cursor.span(start) };
  if (cursor.at("(")) {
    const opening = cursor.advance();
    const args = parseList(cursor, ")");
    cursor.close(")", opening);
    const span = cursor.span(start);
    // `pid()` is another spelling of `pid`.
    if (args.length === 0 && isBuiltin(name)) return { kind: "builtin", name, span };
    return { kind: "call", name, nameSpan: { start, end }, args, span };
  }
  return { kind: isBuiltin(name) ? "builtin" : "identifier", name, span: cursor.span(start) };
}

/** Words that are never a value's name. */
const KEYWORDS: readonly string[] = [
  "break",
  "comptime",
  "container_of",
  "continue",
  "else",
  "enum",
  "for",
  "if",
  "import",
  "let",
  "macro",
  "offsetof",
  "return",
  "sizeof",
  "struct",
  "typeof",
  "union",
  "unroll",
  "while",
];

function parseLayoutQuery(cursor: Cursor, name: "sizeof" | "offsetof"): Expr {
  const { start } = cursor.advance();
  const opening = cursor.expect("(");
  const of: Expr | TypeName = startsType(cursor, "sizeof") ? parseTypeName(cursor) : parseExpression(cursor);
  const path: string[] = [];
  if (name === "offsetof") {
    cursor.expect(",");
    do path.push(cursor.expectName("a field's name").text);
    while (cursor.accept("."));
  }
  cursor.close(")", opening);
  const span = cursor.span(start);
  return name === "sizeof" ? { kind: "sizeof", of, span } : { kind: "offsetof", of, path, span };
}

/** `container_of(pointer, type, member)`: the pointer, less the member's offset, as a pointer to the type. */
function parseContainerOf(cursor: Cursor): Expr {
  const { start } = cursor.advance();
  const opening = cursor.expect("(");
  const pointer = parseExpression(cursor);
  cursor.expect(",");
  const type = parseTypeName(cursor);
  cursor.expect(",");
  const path: string[] = [];
  do path.push(cursor.expectName("a field's name").text);
  while (cursor.accept("."));
  cursor.close(")", opening);
  const span = cursor.span(start);
  const word: TypeName = { kind: "typeName", tag: undefined, name: "uint64", pointers: 0, lengths: [], span };
  const address: Expr = { kind: "cast", type: word, operand: pointer, span };
  const offset: Expr = { kind: "offsetof", of: { ...type }, path, span };
  const outer: Expr = { kind: "binary", op: "-", opSpan: span, left: address, right: offset, span };
  return { kind: "cast", type: { ...type, pointers: type.pointers + 1 }, operand: outer, span };
}

/** A cast, a tuple, or an expression. */
function parseParenthesised(cursor: Cursor): Expr {
  const opening = cursor.advance();
  const { start } = opening;
  if (startsType(cursor, "cast")) {
    const type = parseTypeName(cursor);
    cursor.close(")", opening);
    const operand = cursor.nested(() => parseOperand(cursor));
    return { kind: "cast", type, operand, span: cursor.span(start) };
  }
  if (cursor.token.kind === "identifier" && cursor.peek().text === "=") return parseRecord(cursor, opening);
  const first = parseExpression(cursor);
  if (!cursor.at(",")) {
    cursor.close(")", opening);
    return first;
  }
  cursor.advance();
  const items = [first, ...parseList(cursor, ")")];
  cursor.close(")", opening);
  return { kind: "tuple", items, span: cursor.span(start) };
}

/** `(name = value, ...)`. */
function parseRecord(cursor: Cursor, opening: Token): Expr {
  const names: string[] = [];
  const items: Expr[] = [];
  while (!cursor.at(")") && cursor.token.kind !== "end") {
    const name = cursor.expectName("a field's name");
    if (names.includes(name.text)) cursor.fail(messages.fieldTwice, name, name.text);
    names.push(name.text);
    cursor.expect("=");
    items.push(parseExpression(cursor));
    if (!cursor.accept(",")) break;
  }
  cursor.close(")", opening);
  return { kind: "tuple", items, names, span: cursor.span(opening.start) };
}

/** Expressions with commas between them, up to `closing`; a comma may stand behind the last. */
function parseList(cursor: Cursor, closing: string): Expr[] {
  const items: Expr[] = [];
  while (!cursor.at(closing) && cursor.token.kind !== "end") {
    items.push(parseExpression(cursor));
    if (!cursor.accept(",")) break;
  }
  return items;
}
