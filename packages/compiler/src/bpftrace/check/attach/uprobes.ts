/** Functions of programs and libraries: uprobe:PATH:SYMBOL, with an offset or wildcards. */
import { parseNumber } from "../../lexer/number.ts";
import * as messages from "../../messages/probes.ts";
import type { Expanded, Expansion } from "./draft.ts";
import { expandInlined, reportInlined } from "./inlined.ts";
import { matches } from "./missing.ts";
import { isInstruction } from "./offsets.ts";
import { expandSourceLine } from "./source-lines.ts";
import { userProbe } from "./user-probe.ts";

export function expandUprobe(expansion: Expansion, provider: "uprobe" | "uretprobe"): readonly Expanded[] {
  const { parts, point, diagnostics, settings } = expansion;
  const [path = "", second = "", third = ""] = parts;
  if (path.includes("@")) return expandSourceLine(expansion, provider);
  const isCpp = parts.length === 3 && second === "cpp";
  const written = isCpp ? third : second;
  if (path === "" || written === "" || (parts.length !== 2 && !isCpp)) {
    diagnostics.report(messages.pointForm, point.span, point.text, `${provider}:PATH:FUNCTION`);
    return [];
  }
  const onReturn = provider === "uretprobe";
  const address = /^\d/.test(written) ? parseNumber(written)?.value : undefined;
  if (address !== undefined) {
    const probe = userProbe(expansion, `${path}:${written}`, { path, offset: Number(address), onReturn });
    return isInstruction(expansion, path, undefined, Number(address)) ? [probe] : [];
  }
  const [name = "", offsetText] = written.split("+", 2);
  const offset = offsetText === undefined ? undefined : parseNumber(offsetText)?.value;
  if (offsetText !== undefined && offset === undefined) {
    diagnostics.report(messages.badOffset, point.span, offsetText);
    return [];
  }
  const inlined =
    settings.probeInline && !onReturn && !isCpp && offset === undefined ? expandInlined(expansion, path, name) : [];
  const found = isCpp
    ? cppFunctions(expansion, path, written)
    : files(expansion, path).flatMap((file) => functions(expansion, file, name, inlined.length > 0));
  const probes = found.flatMap((match) => {
    const colon = match.indexOf(":");
    const [file, symbol] = [match.slice(0, colon), match.slice(colon + 1)];
    if (offset === undefined) return [userProbe(expansion, match, { path: file, symbol, onReturn })];
    const place = { path: file, symbol, offset: Number(offset), onReturn };
    return isInstruction(expansion, file, symbol, Number(offset)) ? [userProbe(expansion, match, place)] : [];
  });
  return [...probes, ...inlined];
}

/** Functions that have code of their own. */
function functions(expansion: Expansion, file: string, name: string, hasCopies: boolean): readonly string[] {
  const pattern = `${file}:${name}`;
  const found = expansion.target.probes("uprobe", pattern);
  if (found.length > 0 || hasCopies || reportInlined(expansion, file, name)) return found;
  return matches(expansion, "uprobe", pattern, "function", `${file}:*`);
}

/** "*" is every file that the process has mapped and that has such a function. */
function files({ target, options: { pid }, parts }: Expansion, path: string): readonly string[] {
  if (path !== "*" || target.facts === undefined) return [path];
  return target.facts.mappedFiles(pid).filter((file) => {
    try {
      return target.probes("uprobe", `${file}:${parts[1] ?? ""}`).length > 0;
    } catch {
      return false;
    }
  });
}

/**
 * cpp:"ns::type::function": compilers name such a function by the lengths of its parts, _ZN2ns4type8functionE and
 * then its parameters, which are left open: all overloads are meant. Constructors and templates are not found so.
 */
function cppFunctions(expansion: Expansion, path: string, name: string): readonly string[] {
  const parts = name.replace(/\(.*$/, "").split("::");
  const joined = parts.map((part) => `${part.length}${part}`).join("");
  // Behind the name, B begins a tag of the ABI, as of functions that return a std::string.
  const mangled =
    parts.length === 1
      ? [`_Z${joined}*`]
      : ["N", "NK"].flatMap((kind) => ["E*", "B*"].map((rest) => `_Z${kind}${joined}${rest}`));
  const found = mangled.flatMap((pattern) => expansion.target.probes("uprobe", `${path}:${pattern}`));
  return found.length > 0 ? found : matches(expansion, "uprobe", `${path}:${name}`, "C++ function", `${path}:*`);
}
