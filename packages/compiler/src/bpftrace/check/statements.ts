/** Statements. */
import type {
  Assign,
  AssignMap,
  Block,
  Expr,
  ExprStmt,
  ForMap,
  ForRange,
  If,
  Jump,
  Let,
  MapRef,
  Stmt,
  Variable,
} from "../ast.ts";
import { needsKeyedMap } from "../messages/functions.ts";
import * as messages from "../messages/names.ts";
import type { Type } from "../types.ts";
import { NONE, asInteger, int, typeText, utf8Length } from "../values.ts";
import { aggregateOf } from "./functions/aggregations.ts";
import { constantOf, isNeutral } from "./constants.ts";
import { check, checkCondition, checkValue, decided, namedType } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { assignAggregate, assignScalar, combine, keep, note, valueOf, wholeMap } from "./maps.ts";
import type { VariableState } from "./program.ts";
import { EMPTY, store, widen } from "./stored.ts";

/** How often `unroll` may repeat its body. */
const MAX_UNROLL = 100n;

export function checkBlock(handler: Handler, block: Block): void {
  handler.scoped(() => {
    checkStatements(handler, block.body);
  });
}

export function checkStatements(handler: Handler, body: readonly Stmt[]): void {
  for (const statement of body) checkStatement(handler, statement);
}

function checkStatement(handler: Handler, statement: Stmt): void {
  switch (statement.kind) {
    case "block":
      return checkBlock(handler, statement);
    case "exprStmt":
      return checkExpressionStatement(handler, statement);
    case "assign":
      return checkAssign(handler, statement);
    case "assignMap":
      return checkAssignMap(handler, statement);
    case "let":
      return checkLet(handler, statement);
    case "if":
      return checkIf(handler, statement);
    case "unroll": {
      const type = checkValue(handler, statement.count);
      const count = constantOf(handler, statement.count);
      if (typeof count !== "bigint") {
        if (type.kind !== "none")
          handler.diagnostics.report(messages.notConstant, statement.count.span, "the number of repetitions");
      } else if (count < 1n || count > MAX_UNROLL) {
        handler.diagnostics.report(
          messages.outOfRange,
          statement.count.span,
          "the number of repetitions",
          `from 1 to ${MAX_UNROLL}`,
        );
      }
      return checkLoop(handler, statement.body);
    }
    case "while":
      checkCondition(handler, statement.condition);
      return checkLoop(handler, statement.body);
    case "forRange":
      return checkForRange(handler, statement);
    case "forMap":
      return checkForMap(handler, statement);
    case "jump":
      return checkJump(handler, statement);
  }
}

/** A branch that a condition known when compiling leaves out may hold anything. */
function checkIf(handler: Handler, { condition, then, otherwise }: If): void {
  checkCondition(handler, condition);
  const choice = decided(handler, condition);
  if (choice !== false) checkBlock(handler, then);
  if (choice !== true && otherwise !== undefined) checkStatement(handler, otherwise);
}

function checkExpressionStatement(handler: Handler, { expr, discarded }: ExprStmt): void {
  const type = check(handler, expr);
  if (discarded !== true && !hasEffect(expr) && type.kind !== "none")
    handler.diagnostics.report(messages.noEffect, expr.span);
}

function hasEffect(expr: Expr): boolean {
  if (expr.kind === "ternary") return (expr.then === undefined || hasEffect(expr.then)) && hasEffect(expr.otherwise);
  return expr.kind === "call" || expr.kind === "update" || expr.kind === "blockExpr";
}

function checkAssign(handler: Handler, statement: Assign): void {
  const { variable, op, value } = statement;
  if (op !== undefined) {
    const known = check(handler, variable);
    const type = checkValue(handler, value);
    const state = handler.find(variable.name);
    if (state === undefined || known.kind === "none" || type.kind === "none") return;
    if (asInteger(known) === undefined || asInteger(type) === undefined || type.kind === "pointer") {
      handler.diagnostics.report(messages.operandTypes, statement.span, `${op}=`, typeText(known), typeText(type));
    } else if (known.kind === "int" && !state.fixed) {
      state.place = note(handler, state.place, widen(state.place, type, isNeutral(handler, value)) ?? state.place);
    }
    return;
  }
  const type = checkValue(handler, value);
  const state = handler.find(variable.name) ?? handler.declare(variable, () => ({ place: EMPTY, fixed: false }));
  assignVariable(handler, state, variable, value, type);
}

export function assignVariable(
  handler: Handler,
  state: VariableState,
  variable: Variable,
  value: Expr,
  type: Type,
): void {
  const widened = widen(state.place, type, isNeutral(handler, value));
  const integer = asInteger(type);
  const fixed = state.fixed && state.place.type.kind === "int" && integer !== undefined ? state.place.type : undefined;
  const constant = state.fixed ? constantOf(handler, value) : undefined;
  const misfit = constant !== undefined && !holds(state.place.type, constant);
  if (misfit || (widened === undefined && fixed === undefined)) {
    const found = typeof constant === "bigint" ? String(constant) : typeText(type);
    const args = [variable.name, typeText(state.place.type), found] as const;
    handler.diagnostics.reportWith(messages.variableType, value.span, {
      args,
      notes: [{ message: "first assigned here", span: state.span }],
    });
  } else if (fixed !== undefined && constant === undefined && integer!.size > fixed.size) {
    handler.diagnostics.report(messages.cutToFit, value.span, variable.name, typeText(fixed), typeText(type));
  } else if (!state.fixed) {
    state.place = keep(handler, state.place, widened ?? state.place, value, type);
  }
  handler.give(variable, state.place.type);
}

/** Whether all of a constant goes into a place of this type, if it is of its kind. */
function holds(type: Type, value: bigint | string): boolean {
  if (type.kind === "string") return typeof value !== "string" || utf8Length(value) < type.size;
  if (type.kind !== "int" || typeof value === "string") return true;
  const bits = type.size * 8;
  return value === (type.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
}

function checkAssignMap(handler: Handler, statement: AssignMap): void {
  const { target, op, value } = statement;
  const aggregate = op === undefined && value.kind === "call" ? aggregateOf(handler, value) : undefined;
  if (aggregate !== undefined) {
    if (aggregate !== "invalid") assignAggregate(handler, target, aggregate, value.span);
    return;
  }
  const type = functionAsSymbol(handler, target, value) ?? checkValue(handler, value);
  if (op === undefined) assignScalar(handler, target, value, type);
  else combine(handler, target, value, type, op);
}

/** `func` is a text where it can be; beside addresses that get their names when they are printed it is one of those. */
function functionAsSymbol(handler: Handler, { name }: MapRef, value: Expr): Type | undefined {
  const known = handler.program.maps.get(name)?.value;
  if (value.kind !== "builtin" || value.name !== "func" || known?.kind !== "scalar") return undefined;
  const { type } = known.place;
  const { provider } = handler.draft;
  if (type.kind !== "symbol" || type.user || handler.draft.user || provider === "usdt") return undefined;
  return handler.give(value, type);
}

function checkLet(handler: Handler, statement: Let): void {
  const { variable, type: written, value } = statement;
  const type = value === undefined ? undefined : checkValue(handler, value);
  const hidden = handler.find(variable.name);
  if (hidden !== undefined) {
    handler.diagnostics.reportWith(messages.redeclared, variable.span, {
      args: [variable.name],
      notes: [{ message: "first declared here", span: hidden.span }],
    });
    return;
  }
  let fixed: Type | undefined;
  if (written !== undefined) {
    const named = namedType(handler, written, { space: handler.space, trusted: false });
    if (named.kind !== "none") fixed = named;
  }
  const state = handler.declare(variable, () => ({
    place: fixed === undefined ? EMPTY : { ...store(fixed, false), type: fixed },
    fixed: fixed !== undefined,
  }));
  if (value !== undefined && type !== undefined) assignVariable(handler, state, variable, value, type);
  else handler.give(variable, state.place.type);
}

function checkLoop(handler: Handler, body: Block): void {
  handler.loops++;
  checkBlock(handler, body);
  handler.loops--;
}

/** The loop's variable lives in a scope of its own around the body. */
function loopOver(handler: Handler, variable: Variable, type: Type, body: Block): void {
  handler.scoped(() => {
    const hidden = handler.find(variable.name);
    if (hidden !== undefined) {
      handler.diagnostics.reportWith(messages.redeclared, variable.span, {
        args: [variable.name],
        notes: [{ message: "first declared here", span: hidden.span }],
      });
    }
    const state = handler.declare(variable, () => ({ place: EMPTY, fixed: false }));
    state.place = note(handler, state.place, { ...EMPTY, type });
    handler.give(variable, type);
    checkLoop(handler, body);
  });
}

function checkForRange(handler: Handler, statement: ForRange): void {
  const bounds = [statement.from, statement.to].map((bound) => {
    const type = checkValue(handler, bound);
    if (type.kind !== "none" && (asInteger(type) === undefined || type.kind === "pointer")) {
      handler.diagnostics.report(messages.operandType, bound.span, "a range", typeText(type), "an integer");
    }
    return type;
  });
  const unsigned = bounds.every((type) => type.kind === "int" && !type.signed);
  loopOver(handler, statement.variable, int(8, !unsigned), statement.body);
}

/** The variable is a pair of key and value; several keys are a tuple themselves. */
function checkForMap(handler: Handler, statement: ForMap): void {
  const state = wholeMap(handler, statement.map);
  const keys = state?.keys?.map(({ type }) => type) ?? [];
  if (state?.keys?.length === 0) handler.diagnostics.report(needsKeyedMap, statement.map.span, "for", state.name);
  const value = state === undefined ? NONE : valueOf(handler, state, statement.map);
  const [only = NONE] = keys;
  const key: Type = keys.length > 1 ? { kind: "tuple", items: keys } : only;
  loopOver(
    handler,
    statement.variable,
    state === undefined ? NONE : { kind: "tuple", items: [key, value] },
    statement.body,
  );
}

function checkJump(handler: Handler, statement: Jump): void {
  if (statement.what !== "return") {
    if (handler.loops === 0) handler.diagnostics.report(messages.outsideLoop, statement.span, statement.what);
    return;
  }
  if (statement.value === undefined) return;
  const type = check(handler, statement.value);
  // A test says by what it returns whether it failed.
  if (handler.draft.provider !== "test" || asInteger(type) === undefined)
    handler.diagnostics.report(messages.returnsValue, statement.value.span);
}
