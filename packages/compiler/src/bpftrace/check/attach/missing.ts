/** Attach points that match nothing. */
import type { ProbeProvider } from "@sonde/bpf/spec";
import { nearest } from "../../../diagnostics/index.ts";
import * as messages from "../../messages/probes.ts";
import type { Expansion } from "./draft.ts";

/** Everything that `pattern` matches; if that is nothing, says so, with the nearest name among what the first of `around` that matches anything does. */
export function matches(
  expansion: Expansion,
  provider: ProbeProvider,
  pattern: string,
  what: string,
  ...around: readonly string[]
): readonly string[] {
  const { target, settings, diagnostics, point, probe, remarks } = expansion;
  const found = target.probes(provider, pattern);
  if (found.length > 0) return found;
  // It takes one of several points that is there, but a name without wildcards is meant.
  if (probe.points.length > 1 && /[*?[]/.test(pattern)) {
    remarks.push(`${point.text} matches nothing`);
    return [];
  }
  if (settings.missingProbes === "warn") diagnostics.report(messages.noMatchWarning, point.span, what, pattern);
  if (settings.missingProbes !== "error") return [];
  let names: readonly string[] = [];
  for (const wider of around) if (names.length === 0) names = candidates(expansion, provider, wider);
  const near = nearest(pattern, names);
  diagnostics.report(
    messages.noMatch,
    point.span,
    what,
    pattern,
    near === undefined ? undefined : `did you mean ${point.provider}:${near}?`,
  );
  return [];
}

/** Lists of names are long and scripts miss in groups: each is asked for once. */
function candidates(
  { candidates: known, target }: Expansion,
  provider: ProbeProvider,
  around: string,
): readonly string[] {
  const key = `${provider}:${around}`;
  let names = known.get(key);
  if (names === undefined) {
    names = target.probes(provider, around);
    known.set(key, names);
  }
  return names;
}
