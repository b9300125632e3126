/** Attach points as written become the events they stand for, grouped into what can share a program. */
import type { Diagnostics } from "../../../diagnostics/index.ts";
import type { AttachPoint, Probe, Script } from "../../ast.ts";
import type { Definitions } from "../../c/definitions.ts";
import * as messages from "../../messages/probes.ts";
import type { Settings } from "../config.ts";
import type { CheckOptions } from "../program.ts";
import type { Draft, Expanded, Expansion } from "./draft.ts";
import { expandFunction } from "./functions.ts";
import { expandIterator } from "./iterators.ts";
import { expandBegin, expandHardware, expandInterval, expandSelf, expandSoftware, expandTrial } from "./timers.ts";
import { expandRawTracepoint, expandTracepoint } from "./tracepoints.ts";
import { expandUprobe } from "./uprobes.ts";
import { expandUsdt } from "./usdt.ts";
import { expandWatchpoint } from "./watchpoints.ts";
import { usesOf } from "./uses.ts";

export interface Expansions {
  readonly drafts: readonly Draft[];
  readonly remarks: readonly string[];
}

/** Every probe of a script, in the order of the text. */
export function expand(
  script: Script,
  { target, programTypes }: Definitions,
  settings: Settings,
  options: CheckOptions,
  diagnostics: Diagnostics,
): Expansions {
  const remarks: string[] = [];
  const candidates = new Map<string, readonly string[]>();
  const drafts: Draft[] = [];
  let count = 0;
  for (const probe of script.probes) {
    if (!isWanted(probe, options)) continue;
    const uses = usesOf(probe);
    const expanded = probe.points.flatMap((point) => {
      const parts = withParams(point, options.params ?? [], diagnostics);
      return expandPoint({
        probe,
        point,
        parts,
        uses,
        target,
        programTypes,
        settings,
        options,
        diagnostics,
        candidates,
        remarks,
      });
    });
    const [point] = probe.points;
    if (expanded.length === 0 && settings.missingProbes === "error" && !diagnostics.failed && point !== undefined)
      diagnostics.report(messages.noMatch, point.span, "attach point of this probe", point.text, undefined);
    count += expanded.reduce((sum, { attach }) => sum + attach.length, 0);
    drafts.push(...group(expanded));
  }
  const first = script.probes[0];
  if (count > settings.maxProbes && first !== undefined)
    diagnostics.report(messages.tooManyProbes, largest(script.probes).span, count, settings.maxProbes);
  return { drafts, remarks };
}

function isWanted(probe: Probe, { mode = "run", probeFilter }: CheckOptions): boolean {
  const filter = probeFilter === undefined ? undefined : new RegExp(probeFilter);
  return probe.points.some(({ provider, parts }) => {
    if (provider === "test" || provider === "bench")
      return provider === mode && (filter === undefined || filter.test(parts[0] ?? ""));
    return mode === "run" || provider === "begin" || provider === "end";
  });
}

function expandPoint(expansion: Expansion): readonly Expanded[] {
  const { provider } = expansion.point;
  switch (provider) {
    case "begin":
    case "end":
      return expandBegin(expansion, provider);
    case "interval":
    case "profile":
      return expandInterval(expansion, provider);
    case "software":
      return expandSoftware(expansion);
    case "hardware":
      return expandHardware(expansion);
    case "self":
      return expandSelf(expansion);
    case "test":
    case "bench":
      return expandTrial(expansion, provider);
    case "usdt":
      return expandUsdt(expansion);
    case "iter":
      return expandIterator(expansion);
    case "watchpoint":
      return expandWatchpoint(expansion);
    case "tracepoint":
      return expandTracepoint(expansion);
    case "rawtracepoint":
      return expandRawTracepoint(expansion);
    case "kprobe":
    case "kretprobe":
    case "fentry":
    case "fexit":
      return expandFunction(expansion, provider);
    case "uprobe":
    case "uretprobe":
      return expandUprobe(expansion, provider);
  }
}

/** `$1` in an attach point is the text of that parameter. */
function withParams(point: AttachPoint, params: readonly string[], diagnostics: Diagnostics): readonly string[] {
  return point.parts.map((part) =>
    part.replace(/\$(\d+)/g, (name: string, index: string) => {
      const param = params[Number(index) - 1];
      if (param === undefined) diagnostics.report(messages.noPositional, point.span, name);
      return param ?? "";
    }),
  );
}

/** Points that can share a program are attached to one; the first gives it its title. */
function group(expanded: readonly Expanded[]): Draft[] {
  const groups = new Map<string, Expanded & { attach: Expanded["attach"][number][] }>();
  for (const item of expanded) {
    const key = `${item.programType} ${item.provider} ${item.signature}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { ...item, attach: [...item.attach] });
    else known.attach.push(...item.attach);
  }
  return [...groups.values()].map(({ signature: _, ...draft }) => draft);
}

/** The widest net is the one to blame for too many probes. */
function largest(probes: readonly Probe[]): AttachPoint {
  const points = probes.flatMap(({ points: all }) => all);
  const wild = points.find(({ text }) => text.includes("*")) ?? points[0];
  if (wild === undefined) throw new Error("a probe without attach points was expanded");
  return wild;
}
