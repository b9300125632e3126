/** What every probe of a program's code becomes, however its place was written. */
import type { Entry } from "@sonde/bpf/dwarf";
import type { AttachTarget } from "@sonde/bpf/spec";
import { TracedProgram } from "../program-types.ts";
import type { Expanded, Expansion } from "./draft.ts";
import { paramsText, userArguments } from "./user-arguments.ts";

type UprobeTarget = AttachTarget & { readonly kind: "uprobe" };

/** A place that has no symbol. */
export interface BarePlace {
  /** By the file's symbols. */
  readonly address: number;
  /** The copy of a function that is entered there. */
  readonly inlined?: Entry;
}

/** A probe of a program, for the given process if one is. */
export function userProbe(
  expansion: Expansion,
  name: string,
  place: Omit<UprobeTarget, "kind" | "pid">,
  bare?: BarePlace,
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
      ...(bare && { address: bare.address }),
    });
  const isEntry = (symbol !== undefined && (offset ?? 0) === 0) || bare?.inlined !== undefined;
  const known =
    uses.args && isEntry && !onReturn && programTypes && program
      ? userArguments(programTypes, program, { symbol, inlined: bare?.inlined }, target.arch)
      : { params: [], ...(!isEntry && { missing: "they are only where a function is entered" }) };
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
