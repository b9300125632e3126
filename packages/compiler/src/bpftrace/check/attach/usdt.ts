/** Probes that a program's authors put there: usdt:PATH:NAME, usdt:PATH:NAMESPACE:NAME. */
import type { AttachTarget } from "@sonde/bpf/spec";
import * as messages from "../../messages/probes.ts";
import { TracedProgram } from "../program-types.ts";
import type { Expanded, Expansion } from "./draft.ts";
import { matches } from "./missing.ts";

export function expandUsdt(expansion: Expansion): readonly Expanded[] {
  const { parts, point, target, diagnostics } = expansion;
  const [path = "", ...names] = parts;
  const name = names.at(-1) ?? "";
  const namespace = names.length > 1 && names[0] !== "" ? (names[0] ?? "*") : "*";
  if (path === "" || name === "" || names.length > 2) {
    diagnostics.report(messages.pointForm, point.span, point.text, "usdt:PATH:NAME or usdt:PATH:NAMESPACE:NAME");
    return [];
  }
  if (target.facts === undefined) {
    diagnostics.report(messages.needsSystem, point.span, point.text);
    return [];
  }
  const found =
    path === "*"
      ? everywhere(expansion, `${namespace}:${name}`)
      : matches(expansion, "usdt", `${path}:${namespace}:${name}`, "usdt probe", `${path}:*:*`);
  return found.flatMap((match) => expandMatch(expansion, match));
}

/** In whatever is mapped: by the process, or by any. */
function everywhere({ target, options, point, diagnostics, settings }: Expansion, names: string): readonly string[] {
  const files = target.facts?.mappedFiles(options.pid) ?? [];
  const found = files.flatMap((file) => readable(() => target.probes("usdt", `${file}:${names}`)));
  if (found.length === 0 && settings.missingProbes === "error")
    diagnostics.report(messages.noMatch, point.span, "usdt probe", `*:${names}`, undefined);
  return found;
}

/** Not all that is mapped is a file that can be read as a program. */
function readable(find: () => readonly string[]): readonly string[] {
  try {
    return find();
  } catch {
    return [];
  }
}

/** One program for all places that have their arguments alike. */
function expandMatch(
  { target, probe, point, uses, programTypes, options: { pid } }: Expansion,
  match: string,
): Expanded[] {
  const [path = "", provider = "", name = ""] = match.split(":");
  const title = `${point.provider}:${match}`;
  return (target.facts?.usdt(path, provider, name) ?? []).map(({ text, arguments: places }) => {
    const attach: AttachTarget = {
      kind: "usdt",
      path,
      provider,
      name,
      arguments: text,
      ...(pid !== undefined && { pid }),
    };
    return {
      probe,
      provider: point.provider,
      programType: "kprobe",
      attach: [attach],
      title,
      user: true,
      ...(programTypes && { program: new TracedProgram(programTypes, target, path, {}) }),
      arguments: { kind: "usdt", places },
      signature: `${uses.argN ? text : ""} ${uses.names ? path : ""} ${uses.title ? title : ""}`,
    };
  });
}
