/** Stacks, symbols, registers, byte order. */
import type { Call } from "../../ast.ts";
import * as messages from "../../messages/functions.ts";
import { notConstant, notHere, outOfRange } from "../../messages/names.ts";
import type { Type } from "../../types.ts";
import { NONE, UINT64, VOID, asInteger, int } from "../../values.ts";
import { DEFAULT_FRAMES, stackType } from "../builtins.ts";
import { argument } from "../calls.ts";
import { STACK_MODES } from "../config.ts";
import { constantOf } from "../constants.ts";
import { checkValue } from "../expressions.ts";
import type { Handler } from "../handler.ts";

/** kstack(), kstack(3), kstack(perf), kstack(perf, 3). */
export function checkStack(handler: Handler, call: Call): Type {
  let mode = handler.program.config.stackMode;
  let frames = DEFAULT_FRAMES;
  for (const [i, arg] of call.args.entries()) {
    if (i === 0 && arg.kind === "identifier") {
      handler.give(arg, VOID);
      const named = STACK_MODES.find((each) => each === arg.name);
      if (named !== undefined) mode = named;
      else handler.diagnostics.report(messages.unknownStackMode, arg.span, arg.name);
      continue;
    }
    checkValue(handler, arg);
    const value = constantOf(handler, arg);
    if (typeof value !== "bigint") handler.diagnostics.report(notConstant, arg.span, "the number of frames");
    else if (value < 1n || value > BigInt(DEFAULT_FRAMES))
      handler.diagnostics.report(outOfRange, arg.span, "the number of frames", `from 1 to ${DEFAULT_FRAMES}`);
    else frames = Number(value);
  }
  return stackType(handler, call.name, call.span, mode, frames);
}

export function checkKernelSymbol(handler: Handler, call: Call): Type {
  return symbol(handler, call, false);
}

export function checkUserSymbol(handler: Handler, call: Call): Type {
  return symbol(handler, call, true);
}

function symbol(handler: Handler, call: Call, user: boolean): Type {
  const type = argument(handler, call, 0, "an address", (found) => asInteger(found) !== undefined);
  return type.kind === "none" ? NONE : { kind: "symbol", user };
}

/** reg("ip"): only where the context holds registers. */
export function checkRegister(handler: Handler, call: Call): Type {
  const [name] = call.args;
  argument(handler, call, 0, "a register's name in quotes", (type) => type.kind === "string");
  if (name !== undefined && name.kind !== "string")
    handler.diagnostics.report(notConstant, name.span, "the register's name");
  const { arguments: source, provider } = handler.draft;
  if (source.kind !== "registers" && source.kind !== "usdt") {
    handler.diagnostics.report(notHere, call.span, "reg()", provider, "expected a kprobe or uprobe");
    return NONE;
  }
  return UINT64;
}

export function checkBswap(handler: Handler, call: Call): Type {
  const type = argument(handler, call, 0, "an integer", (found) => found.kind === "int");
  return type.kind === "int" ? int(type.size, false) : NONE;
}
