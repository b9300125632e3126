/** getopt(): a constant, or a variable that is set while the programs run. */
import type { Inst } from "../../ir/index.ts";
import type { Call } from "../ast.ts";
import type { Handler } from "./handler.ts";
import { notLowered, refuse } from "./messages.ts";

/** Bytes of one option in the section that holds them, which are in the order of {@link CheckedProgram.options}. */
export const OPTION_BYTES = 8;

export function getopt(h: Handler, e: Call): Inst {
  const [name] = e.args;
  const { options } = h.program;
  const index = name?.kind === "string" ? options.findIndex((option) => option.name === name.value) : -1;
  const option = options[index];
  if (option === undefined) return refuse(notLowered, e.span, "this option is");
  if (!h.object.liveOptions) return h.constant(option.initial);
  const { builder } = h;
  return builder.load(builder.mapValue(h.object.options, 0), index * OPTION_BYTES, option.kind === "bool" ? 1 : 8);
}
