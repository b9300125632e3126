/** Strings that are known when compiling. */
import type { Expr } from "../ast.ts";
import type { Handler } from "./handler.ts";
import { constantOption } from "./options.ts";

/** The text of a literal, of a positional parameter or #define that is a string, of `probe`; undefined for what only the kernel knows. */
export function literalText(h: Handler, e: Expr): string | undefined {
  const known = h.variant.constants.get(e);
  if (typeof known === "string") return known;
  switch (e.kind) {
    case "string":
      return e.value;
    case "builtin":
      return e.name === "probe" ? h.variant.title : undefined;
    case "call": {
      if (e.name === "getopt") return constantOption(h, e);
      const [argument] = e.args;
      return e.name === "str" && e.args.length === 1 && argument !== undefined ? literalText(h, argument) : undefined;
    }
    default:
      return undefined;
  }
}
