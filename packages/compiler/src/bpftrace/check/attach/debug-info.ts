/** Questions to a program's debugging information, for attach points that cannot be placed without an answer. */
import { DwarfError } from "@sonde/bpf/dwarf";
import type { UserDebugInfo } from "@sonde/bpf/spec";
import * as messages from "../../messages/probes.ts";
import type { Expansion } from "./draft.ts";

/** The answer; undefined where the program has no debugging information, and, after a report, where it is damaged. */
export function askDebugInfo<T>(
  { target: { facts }, point, diagnostics }: Expansion,
  path: string,
  question: (debug: UserDebugInfo) => T,
): T | undefined {
  try {
    const debug = facts?.debugInfo(path);
    return debug && question(debug);
  } catch (error) {
    if (!(error instanceof DwarfError)) throw error;
    diagnostics.report(messages.badDebugInfo, point.span, path, error.message);
    return undefined;
  }
}
