/** begin and end, and what perf's software events drive: interval, profile, software. */
import type { AttachTarget, PerfEventName } from "@sonde/bpf/spec";
import { didYouMean } from "../../../diagnostics/index.ts";
import { parseNumber } from "../../lexer/number.ts";
import * as messages from "../../messages/probes.ts";
import { NO_ARGUMENTS, type Expanded, type Expansion } from "./draft.ts";

export function expandBegin(expansion: Expansion, when: "begin" | "end"): readonly Expanded[] {
  if (expansion.parts.length > 0) {
    expansion.diagnostics.report(messages.pointForm, expansion.point.span, expansion.point.text, when);
    return [];
  }
  return [{ ...common(expansion), programType: "raw_tracepoint", attach: [{ kind: "run", when }], signature: when }];
}

/** interval:s:1, interval:100ms, profile:hz:99, profile:99hz. */
export function expandInterval(expansion: Expansion, provider: "interval" | "profile"): readonly Expanded[] {
  const { parts, point, diagnostics } = expansion;
  const timing = parsePeriod(parts);
  if (timing === undefined) {
    diagnostics.report(messages.badPeriod, point.span, point.text);
    return [];
  }
  return [
    perf(expansion, {
      kind: "perfEvent",
      event: "cpu-clock",
      ...timing,
      cpus: provider === "interval" ? "one" : "all",
    }),
  ];
}

type Timing = { readonly period: number } | { readonly frequency: number };

const MAX_PERIOD = BigInt(Number.MAX_SAFE_INTEGER);

function parsePeriod(parts: readonly string[]): Timing | undefined {
  const [first = "", second] = parts;
  const written = second === undefined ? first : /^\d+$/.test(second) ? `${second}${first}` : "";
  if (parts.length > 2) return undefined;
  const frequency = /^(\d{1,6})hz$/.exec(written)?.[1];
  if (frequency !== undefined) return Number(frequency) > 0 ? { frequency: Number(frequency) } : undefined;
  const period = parseNumber(written);
  if (
    period === undefined ||
    period.value < 1n ||
    period.value > MAX_PERIOD ||
    !/^(|ns|us|ms|s|m|h|d)$/.test(period.suffix)
  )
    return undefined;
  return { period: Number(period.value) };
}

/** Other names of events. */
const SHORT: Readonly<Record<string, PerfEventName>> = {
  cpu: "cpu-clock",
  cs: "context-switches",
  faults: "page-faults",
};

/** How many events there are for each time the probe fires, unless the script says. */
const DEFAULT_PERIODS: Readonly<Record<PerfEventName, number>> = {
  "cpu-clock": 1_000_000,
  "task-clock": 1_000_000,
  "page-faults": 100,
  "context-switches": 1000,
  "cpu-migrations": 1,
  "minor-faults": 100,
  "major-faults": 1,
  "alignment-faults": 1,
  "emulation-faults": 1,
  "bpf-output": 1,
};

/** software:page-faults:100; the number may be left out. */
export function expandSoftware(expansion: Expansion): readonly Expanded[] {
  const {
    parts: [name = "", count = ""],
    point,
    diagnostics,
  } = expansion;
  const event = Object.hasOwn(SHORT, name) ? SHORT[name] : isEvent(name) ? name : undefined;
  if (event === undefined) {
    diagnostics.report(messages.unknownEvent, point.span, name, didYouMean(name, Object.keys(DEFAULT_PERIODS)));
    return [];
  }
  const period = count === "" ? DEFAULT_PERIODS[event] : /^\d{1,15}$/.test(count) ? Number(count) : 0;
  if (period === 0) {
    diagnostics.report(messages.pointForm, point.span, point.text, "software:EVENT or software:EVENT:COUNT");
    return [];
  }
  return [perf(expansion, { kind: "perfEvent", event, period, cpus: "all" })];
}

function isEvent(name: string): name is PerfEventName {
  return Object.hasOwn(DEFAULT_PERIODS, name);
}

function perf(expansion: Expansion, attach: AttachTarget): Expanded {
  return {
    ...common(expansion),
    programType: "perf_event",
    attach: [attach],
    signature: expansion.uses.title ? expansion.point.text : "",
  };
}

function common({ probe, point }: Expansion): Pick<Expanded, "probe" | "provider" | "title" | "arguments" | "user"> {
  return { probe, provider: point.provider, title: point.text, arguments: NO_ARGUMENTS, user: false };
}
