/** Functions that print otherwise than printf, that end the script, or that are decided when it is compiled. */
import type { Call, Expr } from "../../ast.ts";
import * as messages from "../../messages/functions.ts";
import { notConstant } from "../../messages/names.ts";
import type { Type } from "../../types.ts";
import { BOOL, NONE, VOID, asInteger } from "../../values.ts";
import { argument } from "../calls.ts";
import { constantOf } from "../constants.ts";
import { check, checkCondition, checkValue } from "../expressions.ts";
import type { Handler } from "../handler.ts";
import { constantText, requireUnsafe } from "./naming.ts";
import { checkPrintf } from "./output.ts";

export function checkSystem(handler: Handler, call: Call): Type {
  requireUnsafe(handler, call);
  return checkPrintf(handler, call);
}

/** join(array of strings [, separator]). */
export function checkJoin(handler: Handler, call: Call): Type {
  argument(
    handler,
    call,
    0,
    "an array of strings, such as args.argv",
    (type) => type.kind === "pointer" || (type.kind === "int" && type.size === 8),
  );
  if (call.args.length > 1) constantText(handler, call, 1, "a separator in quotes");
  return VOID;
}

/** assert(condition, message). */
export function checkAssert(handler: Handler, call: Call): Type {
  const [condition] = call.args;
  if (condition !== undefined) checkCondition(handler, condition);
  argument(handler, call, 1, "a string", (type) => type.kind === "string");
  return VOID;
}

/** static_assert(condition, message): decided now. */
export function checkStaticAssert(handler: Handler, call: Call): Type {
  const [condition] = call.args;
  if (condition === undefined) return NONE;
  checkCondition(handler, condition);
  const text = constantText(handler, call, 1, "a message in quotes");
  const value = constantOf(handler, condition);
  if (value === undefined) handler.diagnostics.report(notConstant, condition.span, "the condition");
  else if (value === 0n || value === "")
    handler.diagnostics.report(messages.failed, call.span, text === undefined ? "static_assert failed" : text);
  return VOID;
}

/** fail(format, ...): arguments are constants; it fails where lowering meets it, so not in a branch that is never taken. */
export function checkFail(handler: Handler, call: Call): Type {
  checkPrintf(handler, call);
  for (const arg of call.args.slice(1))
    if (constantOf(handler, arg) === undefined)
      handler.diagnostics.report(notConstant, arg.span, "an argument of fail()");
  return VOID;
}

/** is_err(pointer): whether the kernel has put an error where a pointer belongs. */
export function checkIsErr(handler: Handler, call: Call): Type {
  argument(handler, call, 0, "a pointer", (type) => asInteger(type) !== undefined);
  return BOOL;
}

/** is_str(x) and its like: decided by the argument's type. */
export function kindTest(test: (type: Type) => boolean): (handler: Handler, call: Call) => Type {
  return (handler, call) => {
    const [of] = call.args;
    const type = of === undefined ? NONE : check(handler, of);
    handler.constants.set(call, test(type) ? 1n : 0n);
    return BOOL;
  };
}

export function checkIsLiteral(handler: Handler, call: Call): Type {
  const [of] = call.args;
  if (of !== undefined) checkValue(handler, of);
  handler.constants.set(call, of !== undefined && isLiteral(of) ? 1n : 0n);
  return BOOL;
}

function isLiteral(expr: Expr): boolean {
  if (expr.kind === "unary") return expr.op === "-" && isLiteral(expr.operand);
  return expr.kind === "int" || expr.kind === "string" || expr.kind === "bool" || expr.kind === "positional";
}

/** kfunc_exist(name), kfunc_allowed(name): by the kernel's types. */
export function checkKfunc(handler: Handler, call: Call): Type {
  const name = constantText(handler, call, 0, "a name in quotes");
  const { btf } = handler.program.target;
  const known = name !== undefined && (btf?.find(name, "func").length ?? 0) > 0;
  const allowed = call.name === "kfunc_exist" || handler.draft.programType !== "perf_event";
  handler.constants.set(call, known && allowed ? 1n : 0n);
  return BOOL;
}

/** unwatch(address). */
export function checkUnwatch(handler: Handler, call: Call): Type {
  argument(handler, call, 0, "an address", (type) => asInteger(type) !== undefined);
  return VOID;
}
