/** getopt: what a user may set of a script. */
import type { Call } from "../../ast.ts";
import { notConstant } from "../../messages/names.ts";
import type { Type } from "../../types.ts";
import { INT64, NONE } from "../../values.ts";
import { constantOf } from "../constants.ts";
import { checkValue } from "../expressions.ts";
import type { Handler } from "../handler.ts";

/** getopt(name [, default [, description]]): an integer or a boolean, as the default is; false without one. */
export function checkGetopt(handler: Handler, call: Call): Type {
  const [name, fallback, description] = call.args;
  for (const argument of call.args) checkValue(handler, argument);
  if (name?.kind !== "string") {
    if (name !== undefined) handler.diagnostics.report(notConstant, name.span, "an option's name");
    return NONE;
  }
  const initial = fallback === undefined ? 0n : constantOf(handler, fallback);
  if (typeof initial !== "bigint") {
    if (fallback !== undefined) handler.diagnostics.report(notConstant, fallback.span, "an option's default");
    return NONE;
  }
  const kind = fallback === undefined || fallback.kind === "bool" ? "bool" : "int";
  const help = description?.kind === "string" ? description.value : "";
  const { scriptOptions } = handler.program;
  // Said once is enough: the first place that says more than the name counts.
  const known = scriptOptions.get(name.value);
  if (known === undefined || (known.help === "" && help !== ""))
    scriptOptions.set(name.value, { name: name.value, kind, initial, help });
  return kind === "bool" ? { kind: "bool" } : INT64;
}
