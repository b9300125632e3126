/**
 * The kernel's functions, for patterns in kprobe and fentry probes.
 *
 * The kernel's own list of what can be probed is tracefs's available_filter_functions. Where it
 * can't be read (no function tracer, or lockdown) BTF's functions stand in for it, and where there
 * is no BTF, the text symbols of kallsyms.
 */
import { readFileSync } from "node:fs";
import type { Btf } from "@sonde/bpf/btf";
import { isPattern, patternMatcher, patternSource } from "./pattern.ts";

export interface FunctionSources {
  /** Where tracefs is mounted, if it is. */
  readonly tracefs: string | undefined;
  readonly btf: Btf | undefined;
  /** Only functions whose prototype BTF tells, as fentry needs it. */
  readonly typed?: boolean;
}

/**
 * All functions that match, sorted, each once. A pattern "MODULE:FUNCTION" answers in the same form
 * and looks only into that module ("vmlinux" for the kernel itself).
 */
export function matchFunctions(sources: FunctionSources, pattern: string): string[] {
  const colon = pattern.indexOf(":");
  const module = colon < 0 ? undefined : pattern.slice(0, colon);
  const name = pattern.slice(colon + 1);
  // A name in the kernel's BTF needs no list; any other may still be a function of a module.
  if (!isPattern(name) && (module === undefined || module === "vmlinux")) {
    if ((sources.btf?.find(name, "func").length ?? 0) > 0) return [pattern];
  }
  const found = new Set<string>();
  for (const entry of candidates(sources, name)) {
    if (module === undefined) found.add(entry.name);
    else if (patternMatcher(module)(entry.module)) found.add(`${entry.module}:${entry.name}`);
  }
  return [...found].sort();
}

interface KernelFunction {
  readonly name: string;
  /** "vmlinux" for the kernel itself. */
  readonly module: string;
}

function* candidates(sources: FunctionSources, pattern: string): Iterable<KernelFunction> {
  const word = patternSource(pattern, "[^\\s]");
  const traceable = sources.tracefs && readIfAllowed(`${sources.tracefs}/available_filter_functions`);
  if (traceable) {
    const typed = sources.typed === true ? new Set(sources.btf?.names("func") ?? []) : undefined;
    for (const entry of scan(traceable, new RegExp(`^(${word})(?: \\[(\\S+)\\])?$`, "gm"))) {
      if (typed === undefined || entry.module !== "vmlinux" || typed.has(entry.name)) yield entry;
    }
    return;
  }
  if (sources.btf !== undefined) {
    const matches = patternMatcher(pattern);
    for (const name of sources.btf.names("func")) if (matches(name)) yield { name, module: "vmlinux" };
    if (isPattern(pattern)) return;
  }
  if (sources.typed === true) return;
  const symbols = readIfAllowed("/proc/kallsyms");
  if (symbols) yield* scan(symbols, new RegExp(`^[0-9a-f]+ [tTwW] (${word})(?:\\t\\[(\\S+)\\])?$`, "gm"));
}

function* scan(text: string, line: RegExp): Iterable<KernelFunction> {
  for (const [, name = "", module = "vmlinux"] of text.matchAll(line)) yield { name, module };
}

/** Empty where the kernel keeps the list to itself. */
function readIfAllowed(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
