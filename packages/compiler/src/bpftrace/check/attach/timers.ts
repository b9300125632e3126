/** begin and end, and what perf's software events drive: interval, profile, software. */
import type { AttachTarget, PerfEventName } from "@sonde/bpf/spec";
import { didYouMean } from "../../../diagnostics/index.ts";
import { parseNumber } from "../../lexer/number.ts";
import * as messages from "../../messages/probes.ts";
import { NO_ARGUMENTS, type Expanded, type Expansion } from "./draft.ts";

export function expandBegin(expansion: Expansion, when: "begin" | "end"): readonly Expanded[] {
  if (expansion.parts.length > 0) return malformed(expansion, when);
  return [run(expansion, { kind: "run", when }, when)];
}

/** self:signal:SIGUSR1 */
export function expandSelf(expansion: Expansion): readonly Expanded[] {
  const [what, signal = "", ...rest] = expansion.parts;
  if (what !== "signal" || signal !== "SIGUSR1" || rest.length > 0) return malformed(expansion, "self:signal:SIGUSR1");
  return [run(expansion, { kind: "run", when: "signal", name: signal }, signal)];
}

/** test:NAME, bench:NAME: only where the session is for them. */
export function expandTrial(expansion: Expansion, when: "test" | "bench"): readonly Expanded[] {
  const [name = "", ...rest] = expansion.parts;
  if (name === "" || rest.length > 0) return malformed(expansion, `${when}:NAME`);
  return expansion.options.mode === when ? [run(expansion, { kind: "run", when, name }, expansion.point.text)] : [];
}

function malformed({ diagnostics, point }: Expansion, form: string): readonly Expanded[] {
  diagnostics.report(messages.pointForm, point.span, point.text, form);
  return [];
}

function run(expansion: Expansion, target: AttachTarget, signature: string): Expanded {
  return { ...common(expansion), programType: "raw_tracepoint", attach: [target], signature };
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
  dummy: 1,
  "bpf-output": 1,
};

/** PERF_COUNT_HW_*: their numbers, and how many events there are for each time the probe fires. */
const HARDWARE: Readonly<Record<string, readonly [config: number, period: number]>> = {
  "cpu-cycles": [0, 1_000_000],
  cycles: [0, 1_000_000],
  instructions: [1, 1_000_000],
  "cache-references": [2, 1_000_000],
  "cache-misses": [3, 1_000_000],
  "branch-instructions": [4, 100_000],
  branches: [4, 100_000],
  "branch-misses": [5, 100_000],
  "bus-cycles": [6, 100_000],
  "frontend-stalls": [7, 1_000_000],
  "backend-stalls": [8, 1_000_000],
  "ref-cycles": [9, 1_000_000],
};
const PERF_TYPE_HARDWARE = 0;

/** hardware:cache-misses:1e6; the number may be left out. */
export function expandHardware(expansion: Expansion): readonly Expanded[] {
  const {
    parts: [name = "", count = ""],
    point,
    diagnostics,
  } = expansion;
  const found = Object.hasOwn(HARDWARE, name) ? HARDWARE[name] : undefined;
  if (found === undefined) {
    diagnostics.report(messages.unknownHardware, point.span, name, didYouMean(name, Object.keys(HARDWARE)));
    return [];
  }
  const [config, usual] = found;
  const period = eventCount(count, usual);
  if (period === undefined) return malformed(expansion, "hardware:EVENT or hardware:EVENT:COUNT");
  return [perf(expansion, { kind: "perfEvent", event: { type: PERF_TYPE_HARDWARE, config }, period, cpus: "all" })];
}

/** A number of events from 1 on, also as 1e6. */
function eventCount(text: string, usual: number): number | undefined {
  if (text === "") return usual;
  const parsed = parseNumber(text);
  return parsed !== undefined && parsed.suffix === "" && parsed.value >= 1n && parsed.value <= MAX_PERIOD
    ? Number(parsed.value)
    : undefined;
}

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
  const period = eventCount(count, DEFAULT_PERIODS[event]);
  if (period === undefined) return malformed(expansion, "software:EVENT or software:EVENT:COUNT");
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
