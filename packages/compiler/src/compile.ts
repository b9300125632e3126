/** The whole way of a script: text, tree, types, intermediate form, object. */
import type { ObjectSpec, Target } from "@sonde/bpf/spec";
import { check, type CheckOptions } from "./bpftrace/check/index.ts";
import { parseFiles, type ImportReader } from "./bpftrace/imports.ts";
import { lower, type LowerOptions } from "./bpftrace/lower/index.ts";
import type { CheckedProgram } from "./bpftrace/types.ts";
import type { Diagnostic, SourceText } from "./diagnostics/index.ts";

export interface ScriptOptions extends CheckOptions, LowerOptions {
  /** Reads the files that the script imports; without it, it can import none. */
  readonly imports?: ImportReader;
}

export interface CompiledScript {
  /** Absent if the script has an error. */
  readonly spec: ObjectSpec | undefined;
  /** Errors and warnings, in the order of the script's phases. */
  readonly diagnostics: readonly Diagnostic[];
  /** What the diagnostics' places lie in: the script, and behind it all that it imports. */
  readonly source: SourceText;
  /** What was decided about attach points, for those who ask. */
  readonly remarks: readonly string[];
  /** Absent if it did not come so far. */
  readonly checked: CheckedProgram | undefined;
}

/** Compiles a script in the bpftrace language. Never throws for what the script says: see `diagnostics`. */
export function compileScript(text: SourceText, target: Target, options: ScriptOptions = {}): CompiledScript {
  const parsed = parseFiles(text, options.imports, {
    predefined: { [`__${target.arch}__`]: "1", __LP64__: "1" },
  });
  const { source } = parsed;
  const failed: CompiledScript = {
    spec: undefined,
    diagnostics: parsed.diagnostics,
    source,
    remarks: [],
    checked: undefined,
  };
  if (parsed.diagnostics.some(({ severity }) => severity === "error")) return failed;
  const checked = check(parsed.script, target, options);
  const { program } = checked;
  const diagnostics = [...parsed.diagnostics, ...checked.diagnostics];
  if (program === undefined) return { ...failed, diagnostics };
  const lowered = lower(program, source, options);
  return {
    spec: lowered.spec,
    source,
    diagnostics: [...diagnostics, ...lowered.diagnostics],
    remarks: program.remarks,
    checked: program,
  };
}
