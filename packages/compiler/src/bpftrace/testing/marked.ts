/** Sources with the place of the expected message marked in them: `BEGIN { «$x» = 1 }`. */
import { parseFiles, type ImportReader } from "../imports.ts";
import { check, type CheckOptions } from "../check/index.ts";
import type { Target } from "@sonde/bpf/spec";
import type { Diagnostic } from "../../diagnostics/index.ts";

/** Removes the marks. */
export function unmark(marked: string): string {
  return marked.replace(/[«»]/g, "");
}

/** A source with the span of a diagnostic marked. */
export function mark(source: string, { span }: Diagnostic): string {
  return `${source.slice(0, span.start)}«${source.slice(span.start, span.end)}»${source.slice(span.end)}`;
}

/** What parsing and, if that goes well, checking says. */
export function diagnose(
  source: string,
  target: Target,
  options: CheckOptions = {},
  imports?: ImportReader,
): readonly Diagnostic[] {
  const { script, diagnostics } = parseFiles({ name: "-e", text: source }, imports);
  if (diagnostics.some(({ severity }) => severity === "error")) return diagnostics;
  return [...diagnostics, ...check(script, target, options).diagnostics];
}
