/** What is set from outside: options of the script itself, and settings. */
import type { Call, Expr } from "../../ast.ts";
import * as messages from "../../messages/functions.ts";
import { notConstant } from "../../messages/names.ts";
import { OPTION_TEXT } from "../../option-layout.ts";
import type { Type } from "../../types.ts";
import { BOOL, INT64, NONE, stringOf, utf8Length } from "../../values.ts";
import { constantOf } from "../constants.ts";
import { checkValue } from "../expressions.ts";
import type { Handler } from "../handler.ts";
import { constantText } from "./naming.ts";

/**
 * getopt(name [, default [, description]]): the default's type is the option's; a boolean, false, without one. Where the
 * options are given with the script they are constants; else they can be set while it runs.
 */
export function checkGetopt(handler: Handler, call: Call): Type {
  const name = constantText(handler, call, 0, "a name in quotes");
  const [, otherwise] = call.args;
  const help = call.args.length > 2 ? constantText(handler, call, 2, "a description in quotes") : "";
  const type = otherwise === undefined ? BOOL : checkValue(handler, otherwise);
  if (name === undefined || type.kind === "none") return NONE;
  const initial = otherwise === undefined ? 0n : constantOf(handler, otherwise);
  if (initial === undefined) {
    if (otherwise !== undefined) handler.diagnostics.report(notConstant, otherwise.span, "an option's default");
    return NONE;
  }
  const { named } = handler.program.options;
  if (typeof initial === "string") {
    if (named !== undefined) return text(handler, call, named[name] ?? initial);
    if (utf8Length(initial) >= OPTION_TEXT) {
      handler.diagnostics.report(messages.longOption, otherwise!.span, name, OPTION_TEXT - 1);
      return NONE;
    }
    settable(handler, { name, kind: "string", initial, help: help ?? "" });
    return stringOf(OPTION_TEXT);
  }
  const kind = otherwise === undefined || otherwise.kind === "bool" ? "bool" : "int";
  if (named === undefined) settable(handler, { name, kind, initial, help: help ?? "" });
  else given(handler, call, name, named[name], kind, initial);
  return kind === "bool" ? BOOL : INT64;
}

type ScriptOption = ReturnType<Handler["program"]["scriptOptions"]["get"]> & object;

/** Said once is enough: the first place that says more than the name counts. */
function settable({ program: { scriptOptions } }: Handler, option: ScriptOption): void {
  const known = scriptOptions.get(option.name);
  if (known === undefined || (known.help === "" && option.help !== "")) scriptOptions.set(option.name, option);
}

function given(
  handler: Handler,
  call: Call,
  name: string,
  written: string | undefined,
  kind: "bool" | "int",
  initial: bigint,
): void {
  const value = written === undefined ? initial : kind === "bool" ? truth(written) : integer(written);
  if (value !== undefined) handler.constants.set(call, value);
  else
    handler.diagnostics.report(
      messages.badOption,
      call.span,
      name,
      written ?? "",
      kind === "bool" ? "true or false" : "a number",
    );
}

function truth(written: string): bigint | undefined {
  if (written === "true" || written === "1" || written === "") return 1n;
  return written === "false" || written === "0" ? 0n : undefined;
}

function integer(written: string): bigint | undefined {
  if (!/^-?(0[xX][\da-fA-F]+|\d+)$/.test(written)) return undefined;
  return written.startsWith("-") ? -BigInt(written.slice(1)) : BigInt(written);
}

function text(handler: Handler, call: Call | Expr, content: string): Type {
  handler.constants.set(call, content);
  return stringOf(utf8Length(content) + 1);
}

/** config(name): what a setting is for this script. */
export function checkConfigValue(handler: Handler, call: Call): Type {
  const name = constantText(handler, call, 0, "a setting's name in quotes");
  if (name === undefined) return NONE;
  const key = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const value = (handler.program.config as unknown as Readonly<Record<string, unknown>>)[key];
  if (typeof value === "string") return text(handler, call, value);
  if (typeof value !== "number" && typeof value !== "boolean") {
    handler.diagnostics.report(messages.unknownSettingValue, call.span, name);
    return NONE;
  }
  handler.constants.set(call, BigInt(value));
  return typeof value === "boolean" ? BOOL : INT64;
}
