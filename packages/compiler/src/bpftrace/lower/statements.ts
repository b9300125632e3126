/** Statements. */
import type { Assign, AssignMap, Block, Expr, ExprStmt, If, Jump, Let, Stmt } from "../ast.ts";
import { aggregate } from "./aggregations.ts";
import { callStatement } from "./calls.ts";
import { branch } from "./conditions.ts";
import { scalar, update } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { isScalar, livesInMemory } from "./layout.ts";
import { forMap, forRange, unroll, whileLoop } from "./loops.ts";
import { assignMap, planOf } from "./maps.ts";
import { notLowered, refuse } from "./messages.ts";
import { arithmetic, fit, type ArithmeticOp } from "./operators.ts";
import { storeValue, temporaryOf } from "./values.ts";

/** What stands behind a `return` or `exit()` is left out. */
export function block(h: Handler, { body }: Block): void {
  statements(h, body);
}

export function statements(h: Handler, body: readonly Stmt[]): void {
  for (const each of body) {
    if (h.builder.terminated) return;
    h.at(each.span, () => statement(h, each));
  }
}

function statement(h: Handler, s: Stmt): void {
  switch (s.kind) {
    case "block":
      return block(h, s);
    case "exprStmt":
      return expression(h, s);
    case "assign":
      return assign(h, s);
    case "assignMap":
      return toMap(h, s);
    case "let":
      return declare(h, s);
    case "if":
      return conditional(h, s);
    case "unroll":
      return unroll(h, s, (turn) => block(turn, s.body));
    case "while":
      return whileLoop(h, s, (turn) => block(turn, s.body));
    case "forRange":
      return forRange(h, s, (turn) => block(turn, s.body));
    case "forMap":
      return forMap(h, s, (turn) => block(turn, s.body));
    case "jump":
      return jump(h, s);
  }
}

function expression(h: Handler, { expr }: ExprStmt): void {
  switch (expr.kind) {
    case "call":
      return callStatement(h, expr);
    case "update":
      return void update(h, expr, false);
    case "ternary":
      return choice(h, expr);
    case "blockExpr":
      statements(h, expr.body);
      if (expr.value === undefined || h.builder.terminated) return;
      return expression(h, { kind: "exprStmt", expr: expr.value, span: expr.value.span });
    case "tuple":
      return expr.items.forEach((item) => expression(h, { kind: "exprStmt", expr: item, span: item.span }));
    default:
      if (isScalar(h.typeOf(expr))) scalar(h, expr);
      else temporaryOf(h, expr);
  }
}

function choice(h: Handler, expr: Extract<Expr, { kind: "ternary" }>): void {
  const either = (e: Expr | undefined) => (): void => {
    if (e !== undefined) expression(h, { kind: "exprStmt", expr: e, span: e.span });
  };
  branch(h, expr.condition, either(expr.then), either(expr.otherwise));
}

function assign(h: Handler, { variable, op, value }: Assign): void {
  const type = h.typeOf(variable);
  if (livesInMemory(type)) return storeValue(h, value, type, h.memoryVariable(variable.name), true);
  const right = scalar(h, value);
  if (op === undefined) return h.writeVariable(variable.name, fit(h, right, type));
  const result = arithmetic(
    h,
    op as ArithmeticOp,
    { value: h.readVariable(variable.name), type },
    { value: right, type: h.typeOf(value) },
  );
  h.writeVariable(variable.name, fit(h, result, type));
}

function declare(h: Handler, { variable, value, span }: Let): void {
  if (value !== undefined) return assign(h, { kind: "assign", variable, op: undefined, value, span });
  const type = h.typeOf(variable);
  if (!livesInMemory(type)) return h.writeVariable(variable.name, h.constant(0));
  const spot = h.memoryVariable(variable.name);
  h.builder.zero(spot.base, spot.offset, h.memoryBytes(variable.name));
}

function toMap(h: Handler, s: AssignMap): void {
  const { value } = planOf(h, s.target).info;
  if (value.kind === "scalar") return assignMap(h, s);
  if (s.value.kind !== "call" || s.op !== undefined)
    return refuse(notLowered, s.span, "this assignment to an aggregation is");
  aggregate(h, s, s.value, value.aggregate);
}

function conditional(h: Handler, s: If): void {
  const { otherwise } = s;
  const known = s.condition.kind === "comptime" ? h.variant.constants.get(s.condition) : undefined;
  if (known !== undefined) {
    if (known !== 0n && known !== "") block(h, s.then);
    else if (otherwise !== undefined) statement(h, otherwise);
    return;
  }
  branch(h, s.condition, () => block(h, s.then), otherwise && (() => statement(h, otherwise)));
}

function jump(h: Handler, s: Jump): void {
  if (s.what === "return") return h.leave(s.value === undefined ? undefined : scalar(h, s.value));
  const loop = h.loops.at(-1);
  if (loop === undefined) throw new Error(`${h.name}: ${s.what} outside of a loop came past the checker`);
  h.builder.jump(s.what === "break" ? loop.exit : loop.next);
}
