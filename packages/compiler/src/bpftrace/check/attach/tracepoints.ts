/** Tracepoints, by their records or by their raw arguments. */
import * as messages from "../../messages/probes.ts";
import type { ArgumentSource } from "../../types.ts";
import { NO_ARGUMENTS, type Expanded, type Expansion } from "./draft.ts";
import { matches } from "./missing.ts";
import { rawPrototype, signatureOf } from "./prototypes.ts";
import { rawRoad, type RawRoad } from "./raw-road.ts";
import { syscallsRoad } from "./syscalls-road.ts";

export function expandTracepoint(expansion: Expansion): readonly Expanded[] {
  const { parts, point, diagnostics } = expansion;
  const [category = "", name = ""] = parts;
  if (category === "" || name === "" || parts.length !== 2) {
    diagnostics.report(messages.pointForm, point.span, point.text, "tracepoint:CATEGORY:NAME");
    return [];
  }
  const found = matches(expansion, "tracepoint", `${category}:${name}`, "tracepoint", `${category}:*`, "*:*");
  const calls = (["enter", "exit"] as const).map((side) =>
    syscallsRoad(
      expansion,
      side,
      found.filter((event) => event.startsWith(`syscalls:sys_${side}_`)),
    ),
  );
  const together = calls.filter((each) => each !== undefined);
  for (const { road, served } of together) {
    const { attach } = road;
    expansion.remarks.push(
      `${point.text}: ${served.size} system calls are told apart in one program on ${"name" in attach ? attach.name : ""}`,
    );
  }
  return [
    ...together.map(({ road, served }) => byRawRoad(expansion, point.text, road, [...served].join())),
    ...found.filter((event) => !together.some(({ served }) => served.has(event))).map((event) => one(expansion, event)),
  ];
}

/** The event "CATEGORY:NAME". */
function one(expansion: Expansion, event: string): Expanded {
  const { point, probe, uses, target } = expansion;
  const title = `tracepoint:${event}`;
  const raw = rawRoad(expansion, event);
  if (raw !== undefined) {
    const kind = raw.programType === "tracing" ? "BTF" : "raw";
    expansion.remarks.push(`${title} is attached as a ${kind} tracepoint: the same values for less`);
    return byRawRoad(expansion, title, raw, raw.arguments.kind === "array" ? event : "");
  }
  const colon = event.indexOf(":");
  const attach = { kind: "tracepoint", category: event.slice(0, colon), name: event.slice(colon + 1) } as const;
  const format = uses.args ? target.tracepoint(attach.category, attach.name) : undefined;
  const source: ArgumentSource = format === undefined ? NO_ARGUMENTS : { kind: "tracepoint", format };
  // Only the fields that are used have to lie at the same places; syscalls' pointers are user space's.
  const used = format?.fields.filter((field) => uses.fields.includes(field.name)) ?? [];
  const layout = used.length < uses.fields.length ? title : JSON.stringify([attach.category === "syscalls", used]);
  const signature = `${uses.args ? layout : ""}${uses.title ? title : ""}`;
  return {
    probe,
    provider: point.provider,
    programType: "tracepoint",
    attach: [attach],
    title,
    arguments: source,
    user: false,
    signature,
  };
}

function byRawRoad({ point, uses }: Expansion, title: string, road: RawRoad, shares: string): Expanded {
  return {
    probe: road.probe,
    provider: point.provider,
    programType: road.programType,
    attach: [road.attach],
    title,
    arguments: road.arguments,
    user: false,
    signature: `${shares}${uses.title ? title : ""}`,
  };
}

/** rawtracepoint:NAME or rawtracepoint:MODULE:NAME. */
export function expandRawTracepoint(expansion: Expansion): readonly Expanded[] {
  const { parts, point, probe, uses, target, diagnostics } = expansion;
  const name = parts.at(-1) ?? "";
  if (name === "" || parts.length > 2) {
    diagnostics.report(messages.pointForm, point.span, point.text, "rawtracepoint:NAME");
    return [];
  }
  return matches(expansion, "rawtracepoint", name, "raw tracepoint", "*").map((found): Expanded => {
    const title = `rawtracepoint:${found}`;
    const prototype = uses.args && target.btf !== undefined ? rawPrototype(target.btf, found) : undefined;
    const source: ArgumentSource = { kind: "array", params: prototype?.params ?? [], result: undefined };
    const signature = `${uses.args ? signatureOf(prototype, uses) : ""}${uses.title ? title : ""}`;
    // With types the verifier lets fields be loaded directly; where they are not asked for, the older kind costs nothing.
    const typed = prototype !== undefined;
    return {
      probe,
      provider: point.provider,
      programType: typed ? "tracing" : "raw_tracepoint",
      attach: [{ kind: typed ? "btfTracepoint" : "rawTracepoint", name: found }],
      title,
      arguments: source,
      user: false,
      signature,
    };
  });
}
