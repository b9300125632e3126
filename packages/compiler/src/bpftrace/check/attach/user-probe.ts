/** What every probe of a program's code becomes, however its place was written. */
import type { AttachTarget } from "@sonde/bpf/spec";
import { TracedProgram } from "../program-types.ts";
import type { Expanded, Expansion } from "./draft.ts";
import { paramsText, userArguments } from "./user-arguments.ts";

type UprobeTarget = AttachTarget & { readonly kind: "uprobe" };

/**
 * A probe of a program, for the given process if one is.
 *
 * @param address of a place that has no symbol, where it is known
 */
export function userProbe(
  expansion: Expansion,
  name: string,
  place: Omit<UprobeTarget, "kind" | "pid">,
  address?: number,
): Expanded {
  const {
    probe,
    point,
    uses,
    target,
    programTypes,
    options: { pid },
  } = expansion;
  const { path, symbol, offset, onReturn } = place;
  const title = `${point.provider}:${name}`;
  const program =
    programTypes &&
    new TracedProgram(programTypes, target, path, {
      ...(symbol !== undefined && { symbol }),
      ...(address !== undefined && { address }),
    });
  const isEntry = symbol !== undefined && !onReturn && (offset ?? 0) === 0;
  const known =
    uses.args && isEntry && programTypes && program
      ? userArguments(programTypes, program, symbol, target.arch)
      : { params: [] };
  return {
    probe,
    provider: point.provider,
    programType: "kprobe",
    attach: [{ kind: "uprobe", ...place, ...(pid !== undefined && { pid }) }],
    title,
    user: true,
    ...(program && { program }),
    arguments: { kind: "registers", result: undefined, ...known },
    signature: [
      uses.names ? path : "",
      uses.args ? paramsText(known.params, uses.fields) : "",
      uses.title ? title : "",
    ].join(" "),
  };
}
