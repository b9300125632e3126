/** Names of types, in casts, sizeof, offsetof and let. */
import type { TypeName } from "../ast.ts";
import { isBuiltin } from "../builtins.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";

/** `struct task_struct *`, `uint64`, `unsigned long`, `string[64]`, `int32[4]`. */
export function parseTypeName(cursor: Cursor): TypeName {
  const { start } = cursor.token;
  if (cursor.atWord("typeof")) return parseTypeOf(cursor, start);
  while (cursor.atWord("const") || cursor.atWord("volatile")) cursor.advance();
  const tag = tagOf(cursor.token.text);
  if (tag !== undefined) cursor.advance();
  let name = cursor.expectName("a type's name").text;
  // C spells some of its integers in several words.
  while (tag === undefined && isCWord(name) && cursor.token.kind === "identifier" && isCWord(cursor.token.text))
    name += ` ${cursor.advance().text}`;
  return { kind: "typeName", tag, name, ...parseTypeTail(cursor), span: cursor.span(start) };
}

/** Stars and lengths behind a type's name. */
function parseTypeTail(cursor: Cursor): Pick<TypeName, "pointers" | "lengths"> {
  let pointers = 0;
  const lengths: number[] = [];
  for (;;) {
    if (cursor.atWord("const") || cursor.atWord("volatile")) cursor.advance();
    else if (cursor.accept("*")) pointers++;
    else break;
  }
  while (cursor.at("[")) {
    const opening = cursor.advance();
    // A cast to an array may leave its length to the value.
    if (cursor.at("]")) lengths.push(0);
    else if (cursor.token.kind === "int") lengths.push(Number(cursor.advance().value));
    else cursor.unexpected("a length");
    cursor.close("]", opening);
  }
  return { pointers, lengths };
}

/** `typeof(expression)` or `typeof(type)`, and what makes another type of it. */
function parseTypeOf(cursor: Cursor, start: number): TypeName {
  cursor.advance();
  const opening = cursor.expect("(");
  const isType = startsType(cursor, "sizeof");
  const inner = isType ? parseTypeName(cursor) : undefined;
  const of = isType ? undefined : parseExpression(cursor);
  cursor.close(")", opening);
  const { pointers, lengths } = parseTypeTail(cursor);
  const span = cursor.span(start);
  if (inner !== undefined)
    return { ...inner, pointers: inner.pointers + pointers, lengths: [...lengths, ...inner.lengths], span };
  return { kind: "typeName", tag: undefined, name: "typeof", pointers, lengths, span, ...(of && { of }) };
}

/**
 * Does a type's name start at the current token, which stands after a parenthesis? A plain name
 * could be a value as well; it is a type's if it is one of the language's own, if stars and the
 * closing parenthesis follow, or if something that only an operand can be follows that parenthesis.
 */
export function startsType(cursor: Cursor, context: "cast" | "sizeof"): boolean {
  const { token } = cursor;
  if (token.kind !== "identifier") return false;
  if (token.text === "typeof" || tagOf(token.text) !== undefined || isTypeWord(token.text)) return true;
  if (isBuiltin(token.text)) return false;
  let next = cursor.peek();
  const stars = next.text === "*" && next.kind === "operator";
  while (next.kind === "operator" && next.text === "*") next = cursor.lexer.next(next.end);
  if (next.kind !== "operator" || next.text !== ")") return false;
  if (stars || context === "sizeof") return true;
  const operand = cursor.lexer.next(next.end);
  return operand.kind === "operator" ? operand.text === "(" : operand.kind !== "end" && operand.kind !== "directive";
}

function tagOf(text: string): TypeName["tag"] {
  return text === "struct" || text === "union" || text === "enum" ? text : undefined;
}

function isTypeWord(text: string): boolean {
  return isCWord(text) || /^(u?int(8|16|32|64)|void|bool|string|buffer|inet|const|volatile)$/.test(text);
}

function isCWord(text: string): boolean {
  return /^(unsigned|signed|char|short|int|long)$/.test(text);
}
