/** getopt(): a constant, or a variable that is set while the programs run. */
import type { Inst } from "../../ir/index.ts";
import type { Call, Expr } from "../ast.ts";
import { type PlacedOption, placedOptions } from "../option-layout.ts";
import type { Handler, Spot } from "./handler.ts";
import { alignUp } from "./layout.ts";
import { notLowered, refuse } from "./messages.ts";

export function getopt(h: Handler, e: Call): Inst {
  const { option, offset } = optionOf(h, e);
  if (typeof option.initial === "string") return refuse(notLowered, e.span, "a text as a number is");
  if (!h.object.liveOptions) return h.constant(option.initial);
  const { builder } = h;
  return builder.load(builder.mapValue(h.object.options, 0), offset, option.kind === "bool" ? 1 : 8);
}

/** The text of an option that nobody can set any more. */
export function constantOption(h: Handler, e: Expr): string | undefined {
  if (e.kind !== "call" || e.name !== "getopt" || h.object.liveOptions) return undefined;
  const { initial } = optionOf(h, e).option;
  return typeof initial === "string" ? initial : undefined;
}

/** Writes an option's text, behind which the section has zeros to the end of its place. */
export function storeOption(h: Handler, e: Call, size: number, spot: Spot, exact: boolean): void {
  const { builder } = h;
  const { offset, type } = optionOf(h, e);
  const bytes = Math.min(alignUp(size), type.size);
  builder.copy(spot.base, spot.offset, builder.mapValue(h.object.options, 0), offset, bytes);
  if (exact && alignUp(size) > bytes) builder.zero(spot.base, spot.offset + bytes, alignUp(size) - bytes);
}

function optionOf(h: Handler, e: Call): PlacedOption {
  const [name] = e.args;
  const placed =
    name?.kind === "string"
      ? placedOptions(h.program.options).find(({ option }) => option.name === name.value)
      : undefined;
  return placed ?? refuse(notLowered, e.span, "this option is");
}
