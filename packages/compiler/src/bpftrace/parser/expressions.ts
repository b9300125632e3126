/**
 * Expressions, by Pratt's method: an operator's binding power decides whether it takes what stands
 * to its left. The powers are C's.
 */
import type { BinaryOp, Expr } from "../ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseOperand } from "./operands.ts";
import { POWER } from "./powers.ts";

export function parseExpression(cursor: Cursor): Expr {
  return cursor.nested(() => {
    const condition = parseBinary(cursor, 0);
    if (!cursor.at("?")) return condition;
    cursor.advance();
    const then = cursor.at(":") ? undefined : parseExpression(cursor);
    cursor.expect(":");
    const otherwise = parseExpression(cursor);
    return { kind: "ternary", condition, then, otherwise, span: cursor.span(condition.span.start) };
  });
}

/** An operand and every operator after it that binds tighter than `power`. */
function parseBinary(cursor: Cursor, power: number): Expr {
  let left = parseOperand(cursor);
  for (;;) {
    const { token } = cursor;
    const op = token.kind === "operator" && isBinary(token.text) ? token.text : undefined;
    if (op === undefined || POWER[op] <= power || endsPredicate(cursor)) return left;
    cursor.countOperator();
    cursor.advance();
    const right = cursor.nested(() => parseBinary(cursor, POWER[op]));
    left = {
      kind: "binary",
      op,
      opSpan: { start: token.start, end: token.end },
      left,
      right,
      span: { start: left.span.start, end: right.span.end },
    };
  }
}

function isBinary(text: string): text is BinaryOp {
  return Object.hasOwn(POWER, text);
}

/** In a filter, a slash is its end if the probe's block follows. */
function endsPredicate(cursor: Cursor): boolean {
  return cursor.inPredicate && cursor.at("/") && cursor.text[cursor.lexer.skipTrivia(cursor.token.end)] === "{";
}
