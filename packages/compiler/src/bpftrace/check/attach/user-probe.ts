/** What every probe of a program's code becomes, however its place was written. */
import type { AttachTarget } from "@sonde/bpf/spec";
import type { Expanded, Expansion } from "./draft.ts";

/** A probe of a program, for the given process if one is. */
export function userProbe(
  { probe, point, uses, options: { pid } }: Expansion,
  name: string,
  place: Omit<AttachTarget & { readonly kind: "uprobe" }, "kind" | "pid">,
): Expanded {
  const title = `${point.provider}:${name}`;
  return {
    probe,
    provider: point.provider,
    programType: "kprobe",
    attach: [{ kind: "uprobe", ...place, ...(pid !== undefined && { pid }) }],
    title,
    user: true,
    arguments: { kind: "registers", params: [], result: undefined },
    signature: uses.title ? title : "",
  };
}
