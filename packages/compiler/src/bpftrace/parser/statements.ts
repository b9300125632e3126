/** Statements and blocks. */
import type { BinaryOp, Block, BlockExpr, Expr, If, Jump, Let, MapRef, Stmt, Variable } from "../ast.ts";
import * as messages from "../messages/syntax.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";
import { parseTypeName } from "./type-names.ts";

/** `{ ... }`. A statement that can't be read is reported and left out. */
export function parseBlock(cursor: Cursor): Block {
  return cursor.nested(() => {
    const opening = cursor.expect("{");
    const body: Stmt[] = [];
    while (!cursor.at("}") && cursor.token.kind !== "end" && !cursor.diagnostics.full) {
      if (cursor.accept(";")) continue;
      const statement = cursor.recovering(
        () => parseStatement(cursor),
        () => cursor.skipStatement(),
      );
      if (statement !== undefined) body.push(statement);
    }
    if (cursor.diagnostics.full) cursor.seek(cursor.text.length);
    else cursor.close("}", opening);
    return { kind: "block", span: cursor.span(opening.start), body };
  });
}

/** The same as an expression: its last statement, if no semicolon ends it, is the value. */
export function parseBlockExpression(cursor: Cursor): BlockExpr {
  return blockValue(cursor, parseBlock(cursor));
}

function blockValue(cursor: Cursor, { body, span }: Block): BlockExpr {
  const last = body.at(-1);
  const value = last === undefined ? undefined : valueOf(cursor, last);
  return { kind: "blockExpr", body: value === undefined ? body : body.slice(0, -1), value, span };
}

/** What the last statement of a block that is a value stands for. */
function valueOf(cursor: Cursor, last: Stmt): Expr | undefined {
  if (last.kind === "exprStmt") return cursor.lexer.next(last.span.end).text === "}" ? last.expr : undefined;
  if (last.kind !== "if" || last.otherwise === undefined) return undefined;
  const { condition, otherwise, span } = last;
  const then = blockValue(cursor, last.then);
  const other = otherwise.kind === "if" ? valueOf(cursor, otherwise) : blockValue(cursor, otherwise);
  if (then.value === undefined || other === undefined || (other.kind === "blockExpr" && other.value === undefined))
    return undefined;
  return { kind: "ternary", condition, then, otherwise: other, span };
}

function parseStatement(cursor: Cursor): Stmt {
  const { start, kind, text } = cursor.token;
  cursor.resetOperators();
  if (cursor.at("{")) return parseBlock(cursor);
  switch (kind === "identifier" ? text : "") {
    case "if":
      return parseIf(cursor);
    case "unroll": {
      cursor.advance();
      const count = parenthesised(cursor);
      return { kind: "unroll", count, body: bodyOf(cursor, "unroll"), span: cursor.span(start) };
    }
    case "while": {
      cursor.advance();
      const condition = parenthesised(cursor);
      return { kind: "while", condition, body: bodyOf(cursor, "while"), span: cursor.span(start) };
    }
    case "for":
      return parseFor(cursor);
    case "let":
      return ended(cursor, parseLet(cursor));
    case "break":
    case "continue":
    case "return":
      return ended(cursor, parseJump(cursor));
    case "_":
      if (cursor.peek().text !== "=") break;
      cursor.advance();
      cursor.advance();
      return ended(cursor, {
        kind: "exprStmt",
        expr: parseExpression(cursor),
        discarded: true,
        span: cursor.span(start),
      });
  }
  return ended(cursor, parseExpressionOrAssignment(cursor));
}

/** After a simple statement: a semicolon, or the end of the block. */
function ended<Statement extends Stmt>(cursor: Cursor, statement: Statement): Statement {
  if (!cursor.accept(";") && !cursor.at("}") && cursor.token.kind !== "end") cursor.unexpected("; or }");
  return statement;
}

function parseExpressionOrAssignment(cursor: Cursor): Stmt {
  const { start } = cursor.token;
  const target = parseExpression(cursor);
  const op = assignmentOperator(cursor);
  if (op === undefined) return { kind: "exprStmt", expr: target, span: cursor.span(start) };
  if (target.kind !== "variable" && target.kind !== "map") cursor.fail(messages.notAssignable, target.span);
  cursor.advance();
  const value = parseExpression(cursor);
  const span = cursor.span(start);
  const operation = op === "=" ? undefined : op;
  return target.kind === "map"
    ? { kind: "assignMap", span, target, op: operation, value }
    : { kind: "assign", span, variable: target, op: operation, value };
}

/** The operation of a compound assignment, "=" for a plain one. */
function assignmentOperator(cursor: Cursor): BinaryOp | "=" | undefined {
  if (cursor.token.kind !== "operator") return undefined;
  switch (cursor.token.text) {
    case "=":
      return "=";
    case "+=":
      return "+";
    case "-=":
      return "-";
    case "*=":
      return "*";
    case "/=":
      return "/";
    case "%=":
      return "%";
    case "&=":
      return "&";
    case "|=":
      return "|";
    case "^=":
      return "^";
    case "<<=":
      return "<<";
    case ">>=":
      return ">>";
    default:
      return undefined;
  }
}

function parseIf(cursor: Cursor): If {
  return cursor.nested(() => {
    const { start } = cursor.advance();
    const condition = parseExpression(cursor);
    const then = bodyOf(cursor, "if");
    let otherwise: Block | If | undefined;
    if (cursor.atWord("else")) {
      cursor.advance();
      otherwise = cursor.atWord("if") ? parseIf(cursor) : bodyOf(cursor, "else");
    }
    return { kind: "if", condition, then, otherwise, span: cursor.span(start) };
  });
}

/** `for ($i : 0..10) { }`, `for ($kv : @map) { }`; the parentheses may be left out. */
function parseFor(cursor: Cursor): Stmt {
  const { start } = cursor.advance();
  const opening = cursor.at("(") ? cursor.advance() : undefined;
  const variable = parseVariable(cursor);
  cursor.expect(":");
  const from = parseExpression(cursor);
  if (cursor.accept("..")) {
    const to = parseExpression(cursor);
    if (opening !== undefined) cursor.close(")", opening);
    return { kind: "forRange", variable, from, to, body: bodyOf(cursor, "for"), span: cursor.span(start) };
  }
  if (from.kind !== "map") cursor.unexpected(".. and the end of a range; or a map to go over");
  if (opening !== undefined) cursor.close(")", opening);
  const map: MapRef = from;
  return { kind: "forMap", variable, map, body: bodyOf(cursor, "for"), span: cursor.span(start) };
}

function parseLet(cursor: Cursor): Let {
  const { start } = cursor.advance();
  if (cursor.token.kind === "map") cursor.fail(messages.preambleAfterProbe, cursor.token, "a map's declaration");
  const variable = parseVariable(cursor);
  const type = cursor.accept(":") ? parseTypeName(cursor) : undefined;
  const value = cursor.accept("=") ? parseExpression(cursor) : undefined;
  return { kind: "let", variable, type, value, span: cursor.span(start) };
}

function parseJump(cursor: Cursor): Jump {
  const { start, text } = cursor.advance();
  const what = text === "break" || text === "continue" ? text : "return";
  const hasValue = what === "return" && !cursor.at(";") && !cursor.at("}") && cursor.token.kind !== "end";
  const value = hasValue ? parseExpression(cursor) : undefined;
  return { kind: "jump", what, value, span: cursor.span(start) };
}

function parseVariable(cursor: Cursor): Variable {
  const { kind, text, start } = cursor.token;
  if (kind !== "variable") cursor.unexpected("a variable, such as $x");
  cursor.advance();
  return { kind: "variable", name: text, span: cursor.span(start) };
}

function parenthesised(cursor: Cursor): Expr {
  const opening = cursor.expect("(");
  const value = parseExpression(cursor);
  cursor.close(")", opening);
  return value;
}

function bodyOf(cursor: Cursor, statement: string): Block {
  if (!cursor.at("{")) cursor.fail(messages.needsBlock, cursor.token, statement);
  return parseBlock(cursor);
}
