/** Calls: the function's entry in the table says how many arguments it takes and how they are checked. */
import { didYouMean } from "../../diagnostics/index.ts";
import type { Call, Expr } from "../ast.ts";
import * as messages from "../messages/functions.ts";
import type { Type } from "../types.ts";
import { NONE, typeText } from "../values.ts";
import { checkValue } from "./expressions.ts";
import { FUNCTIONS } from "./functions/table.ts";
import type { Handler } from "./handler.ts";

export function checkCall(handler: Handler, call: Call): Type {
  const { name } = call;
  const info = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (info === undefined) {
    handler.diagnostics.report(messages.unknownFunction, call.nameSpan, name, didYouMean(name, Object.keys(FUNCTIONS)));
    return NONE;
  }
  if (!hasArguments(handler, call, info.args, info.signature)) return NONE;
  return info.check(handler, call);
}

/** Is the number of arguments within the bounds? Says so if not. */
export function hasArguments(
  handler: Handler,
  call: Call,
  [least, most]: readonly [number, number],
  signature: string,
): boolean {
  if (call.args.length >= least && call.args.length <= most) return true;
  handler.diagnostics.report(messages.argumentNumber, call.span, call.name, call.args.length, signature);
  return false;
}

/** The type of argument `index`, which must be of one of `kinds`; none, after a report, if it is not. */
export function argument(
  handler: Handler,
  call: Call,
  index: number,
  expected: string,
  fits: (type: Type) => boolean,
): Type {
  const expr: Expr | undefined = call.args[index];
  if (expr === undefined) return NONE;
  const type = checkValue(handler, expr);
  if (type.kind === "none" || fits(type)) return type;
  handler.diagnostics.report(messages.argumentType, expr.span, call.name, index + 1, typeText(type), expected);
  return NONE;
}
