/** print, printf, time, exit, and the clocks. */
import type { Call } from "../../ast.ts";
import * as messages from "../../messages/functions.ts";
import { notConstant } from "../../messages/names.ts";
import type { Type } from "../../types.ts";
import { NONE, UINT64, VOID, asInteger, typeText } from "../../values.ts";
import { argument } from "../calls.ts";
import { constantOf } from "../constants.ts";
import { checkValue } from "../expressions.ts";
import type { Handler } from "../handler.ts";
import { aggregateEntry, wholeMap } from "../maps.ts";
import { conversions } from "./format.ts";

export function checkPrintf(handler: Handler, call: Call): Type {
  const [format, ...values] = call.args;
  if (format === undefined) return NONE;
  const types = values.map((value) => checkValue(handler, value));
  if (format.kind !== "string") {
    const type = checkValue(handler, format);
    if (type.kind !== "none")
      handler.diagnostics.report(
        messages.argumentType,
        format.span,
        call.name,
        1,
        typeText(type),
        "a format in quotes",
      );
    return VOID;
  }
  checkValue(handler, format);
  const wanted = conversions(format.value);
  for (const { text, accepts } of wanted) {
    if (accepts === undefined) {
      handler.diagnostics.report(messages.formatUnknown, format.span, text);
      return VOID;
    }
  }
  if (wanted.length !== values.length) {
    handler.diagnostics.report(messages.formatCount, call.span, wanted.length, values.length);
    return VOID;
  }
  for (const [i, { text, accepts, expected }] of wanted.entries()) {
    const [value, type] = [values[i], types[i]];
    if (value === undefined || type === undefined || type.kind === "none" || accepts?.(type) === true) continue;
    const hint = text.endsWith("s") && type.kind === "pointer" ? "str(pointer), for what it points to" : expected;
    handler.diagnostics.report(messages.formatType, value.span, text, typeText(type), hint);
  }
  return VOID;
}

/** print(@x), print(@x, top, div), print(@x[key]), print(value). */
export function checkPrint(handler: Handler, call: Call): Type {
  const [what] = call.args;
  if (what?.kind === "map" && (what.keys.length === 0 || isAggregate(handler, what.name))) {
    if (what.keys.length > 0) aggregateEntry(handler, what);
    else wholeMap(handler, what);
    for (const index of [1, 2]) {
      const limit = call.args[index];
      if (limit === undefined) continue;
      const type = argument(handler, call, index, "an integer", (found) => asInteger(found) !== undefined);
      if (type.kind !== "none" && typeof constantOf(handler, limit) !== "bigint")
        handler.diagnostics.report(notConstant, limit.span, index === 1 ? "top" : "the divisor");
    }
    return VOID;
  }
  if (call.args.length > 1)
    handler.diagnostics.report(
      messages.argumentNumber,
      call.span,
      call.name,
      call.args.length,
      "print(value) or print(@x [, top [, divisor]])",
    );
  if (what !== undefined) checkValue(handler, what);
  return VOID;
}

function isAggregate(handler: Handler, map: string): boolean {
  return handler.program.maps.get(map)?.value?.kind === "aggregate";
}

export function checkExit(handler: Handler, call: Call): Type {
  if (call.args.length > 0) argument(handler, call, 0, "an integer", (type) => asInteger(type) !== undefined);
  return VOID;
}

export function checkTime(handler: Handler, call: Call): Type {
  const [format] = call.args;
  if (format !== undefined) {
    argument(handler, call, 0, "a format in quotes", (type) => type.kind === "string");
    if (format.kind !== "string") handler.diagnostics.report(notConstant, format.span, "the format");
  }
  return VOID;
}

/** nsecs(clock). */
export function checkClock(handler: Handler, call: Call): Type {
  const [clock] = call.args;
  if (clock === undefined) return UINT64;
  const name = clock.kind === "identifier" ? clock.name : "";
  handler.give(clock, VOID);
  if (!["boot", "monotonic", "tai", "sw_tai"].includes(name))
    handler.diagnostics.report(messages.unknownClock, clock.span, name === "" ? "here" : name);
  return UINT64;
}
