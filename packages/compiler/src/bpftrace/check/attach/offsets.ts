/** Offsets into functions: a probe puts a breakpoint there, which amid an instruction would break the program. */
import * as messages from "../../messages/probes.ts";
import type { Expansion } from "./draft.ts";

/**
 * Whether a probe may be at a place; says so if not. Code that cannot be told, such as hand-written tables among
 * instructions, is left to the user, and so is everything with --unsafe.
 */
export function isInstruction(
  { target: { facts }, point, diagnostics, options }: Expansion,
  path: string,
  symbol: string | undefined,
  offset: number,
): boolean {
  if (facts === undefined || options.unsafe === true) return true;
  const size = symbol === undefined ? 0 : (facts.userSymbol(path, symbol)?.size ?? 0);
  if (symbol !== undefined && size > 0 && offset >= size) {
    diagnostics.report(messages.outsideFunction, point.span, point.text, symbol, size);
    return false;
  }
  const found = facts.instruction(path, { ...(symbol !== undefined && { symbol }), offset });
  if (found === undefined || found.start === offset) return true;
  diagnostics.report(messages.amidInstruction, point.span, point.text, found.start, found.end);
  return false;
}
