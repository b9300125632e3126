/** count, sum, min, max, avg, stats, hist, lhist, tseries: what a map keeps in place of single values. */
import type { Call, Expr } from "../../ast.ts";
import * as messages from "../../messages/functions.ts";
import { notConstant, outOfRange } from "../../messages/names.ts";
import type { Aggregate, Type } from "../../types.ts";
import { NONE, asInteger } from "../../values.ts";
import { argument, hasArguments } from "../calls.ts";
import { constantOf } from "../constants.ts";
import { constantText } from "./naming.ts";
import { checkValue } from "../expressions.ts";
import type { Handler } from "../handler.ts";
import { checkUnstable } from "../unstable.ts";
import { FUNCTIONS } from "./table.ts";

const MAX_BITS = 5n;
const MAX_STEPS = 1000n;
const SERIES_KEEPS = ["avg", "max", "min", "sum"] as const;
/** The kernel allocates at most 32 KiB for one CPU's value. */
const MAX_INTERVALS = 1000n;
const MAX_INTERVAL = 100n * 86_400_000_000_000n;

/** The aggregation that a call asks for; undefined if it is another function, "invalid" after a report. */
export function aggregateOf(handler: Handler, call: Call): Aggregate | "invalid" | undefined {
  const info = Object.hasOwn(FUNCTIONS, call.name) ? FUNCTIONS[call.name] : undefined;
  if (info?.check !== misplacedAggregation) return undefined;
  handler.give(call, NONE);
  if (!hasArguments(handler, call, info.args, info.signature)) return "invalid";
  if (call.name === "tseries")
    checkUnstable(handler.program.config, "unstable_tseries", call.span, handler.diagnostics);
  if (call.name === "count") return { kind: "count" };
  const type = argument(handler, call, 0, "an integer", (found) => asInteger(found) !== undefined);
  const signed = asInteger(type)?.signed ?? false;
  switch (call.name) {
    case "hist":
      return histogram(handler, call.args[1]);
    case "lhist":
      return linear(handler, call);
    case "tseries":
      return series(handler, call, signed);
    case "sum":
    case "min":
    case "max":
    case "avg":
    case "stats":
      return { kind: call.name, signed };
    default:
      return undefined;
  }
}

/** An aggregation in any other place than behind `@x =`. */
export function misplacedAggregation(handler: Handler, call: Call): Type {
  handler.diagnostics.report(messages.aggregationPlace, call.span, call.name);
  return NONE;
}

function histogram(handler: Handler, bits: Expr | undefined): Aggregate | "invalid" {
  const value = bits === undefined ? 0n : constant(handler, bits, "the number of bits");
  if (value === undefined) return "invalid";
  if (value >= 0n && value <= MAX_BITS) return { kind: "hist", bits: Number(value) };
  if (bits !== undefined)
    handler.diagnostics.report(outOfRange, bits.span, "the number of bits", `from 0 to ${MAX_BITS}`);
  return "invalid";
}

function linear(handler: Handler, call: Call): Aggregate | "invalid" {
  const [min, max, step] = call.args
    .slice(1)
    .map((arg) => constant(handler, arg, "the bounds and the step of lhist()"));
  if (min === undefined || max === undefined || step === undefined) return "invalid";
  const safe = [min, max, step].every((value) => BigInt.asIntN(53, value) === value);
  if (safe && step > 0n && min < max && (max - min) % step === 0n && (max - min) / step <= MAX_STEPS) {
    return { kind: "lhist", min: Number(min), max: Number(max), step: Number(step) };
  }
  handler.diagnostics.report(messages.linearRange, call.span);
  return "invalid";
}

/** tseries(n, interval, intervals [, "avg"]). */
function series(handler: Handler, call: Call, signed: boolean): Aggregate | "invalid" {
  const [, length, count, how] = call.args;
  const interval = length && constant(handler, length, "the interval of tseries()");
  const intervals = count && constant(handler, count, "the number of intervals");
  const text = how === undefined ? "last" : constantText(handler, call, 3, SERIES_KEEPS.join(", "));
  if (length === undefined || interval === undefined || intervals === undefined || text === undefined) return "invalid";
  const keep = SERIES_KEEPS.find((name) => name === text) ?? (how === undefined ? "last" : undefined);
  if (interval < 1n || interval > MAX_INTERVAL)
    handler.diagnostics.report(outOfRange, length.span, "an interval", "from 1ns to 100d");
  else if (intervals < 1n || intervals > MAX_INTERVALS)
    handler.diagnostics.report(outOfRange, count!.span, "the number of intervals", `from 1 to ${MAX_INTERVALS}`);
  else if (keep === undefined)
    handler.diagnostics.report(outOfRange, how!.span, "what is kept of an interval", SERIES_KEEPS.join(", "));
  else return { kind: "tseries", interval: Number(interval), intervals: Number(intervals), keep, signed };
  return "invalid";
}

/** A constant integer; undefined, after a report, where it is none. */
function constant(handler: Handler, expr: Expr, what: string): bigint | undefined {
  const type = checkValue(handler, expr);
  const value = constantOf(handler, expr);
  if (typeof value === "bigint") return value;
  if (type.kind !== "none") handler.diagnostics.report(notConstant, expr.span, what);
  return undefined;
}
