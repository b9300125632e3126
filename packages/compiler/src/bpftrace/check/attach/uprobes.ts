/** Functions of programs and libraries: uprobe:PATH:SYMBOL, with an offset or wildcards. */
import type { AttachTarget } from "@sonde/bpf/spec";
import { parseNumber } from "../../lexer/number.ts";
import * as messages from "../../messages/probes.ts";
import type { Expanded, Expansion } from "./draft.ts";
import { matches } from "./missing.ts";

export function expandUprobe(expansion: Expansion, provider: "uprobe" | "uretprobe"): readonly Expanded[] {
  const {
    parts,
    point,
    diagnostics,
    options: { pid },
  } = expansion;
  const [path = "", written = ""] = parts;
  if (path === "" || written === "" || parts.length !== 2) {
    if (parts.length > 2 && path !== "") diagnostics.report(messages.addressProbe, point.span, provider);
    else diagnostics.report(messages.pointForm, point.span, point.text, `${provider}:PATH:FUNCTION`);
    return [];
  }
  const onReturn = provider === "uretprobe";
  const process = pid === undefined ? {} : { pid };
  const address = /^\d/.test(written) ? parseNumber(written)?.value : undefined;
  if (address !== undefined) {
    return [
      expanded(expansion, `${path}:${written}`, {
        kind: "uprobe",
        path,
        offset: Number(address),
        ...process,
        onReturn,
      }),
    ];
  }
  const [name = "", offsetText] = written.split("+", 2);
  const offset = offsetText === undefined ? undefined : parseNumber(offsetText)?.value;
  if (offsetText !== undefined && offset === undefined) {
    diagnostics.report(messages.badOffset, point.span, offsetText);
    return [];
  }
  return matches(expansion, "uprobe", `${path}:${name}`, "function", `${path}:*`).map((found) => {
    const colon = found.lastIndexOf(":");
    const attach: AttachTarget = {
      kind: "uprobe",
      path: found.slice(0, colon),
      symbol: found.slice(colon + 1),
      ...(offset === undefined ? {} : { offset: Number(offset) }),
      ...process,
      onReturn,
    };
    return expanded(expansion, found, attach);
  });
}

function expanded({ probe, point, uses }: Expansion, name: string, attach: AttachTarget): Expanded {
  const title = `${point.provider}:${name}`;
  return {
    probe,
    provider: point.provider,
    programType: "kprobe",
    attach: [attach],
    title,
    user: true,
    arguments: { kind: "registers", params: [], result: undefined },
    signature: uses.title ? title : "",
  };
}
