/** Tracepoints, by their records or by their raw arguments. */
import * as messages from "../../messages/probes.ts";
import type { ArgumentSource } from "../../types.ts";
import { NO_ARGUMENTS, type Expanded, type Expansion } from "./draft.ts";
import { matches } from "./missing.ts";
import { rawPrototype, signatureOf } from "./prototypes.ts";
import { rawRoad } from "./raw-road.ts";

export function expandTracepoint(expansion: Expansion): readonly Expanded[] {
  const { parts, point, probe, uses, target, diagnostics } = expansion;
  const [category = "", name = ""] = parts;
  if (category === "" || name === "" || parts.length !== 2) {
    diagnostics.report(messages.pointForm, point.span, point.text, "tracepoint:CATEGORY:NAME");
    return [];
  }
  return matches(expansion, "tracepoint", `${category}:${name}`, "tracepoint", `${category}:*`, "*:*").map(
    (found): Expanded => {
      const colon = found.indexOf(":");
      const attach = { kind: "tracepoint", category: found.slice(0, colon), name: found.slice(colon + 1) } as const;
      const title = `tracepoint:${found}`;
      const raw = rawRoad(expansion, found);
      if (raw !== undefined) {
        const { probe: rewritten, programType, arguments: source } = raw;
        expansion.remarks.push(
          `${title} is attached as a ${programType === "tracing" ? "BTF" : "raw"} tracepoint: the same values for less`,
        );
        const types = source.kind === "array" ? JSON.stringify([found, source.params]) : "";
        return {
          probe: rewritten,
          provider: point.provider,
          programType,
          attach: [raw.attach],
          title,
          arguments: source,
          user: false,
          signature: `${types}${uses.title ? title : ""}`,
        };
      }
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
    },
  );
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
