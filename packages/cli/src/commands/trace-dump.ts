import { describe, type Target } from "@sonde/bpf/spec";
import { disassemble } from "@sonde/bpf/asm";
import { compileScript, type ScriptOptions, type SourceText } from "@sonde/compiler";
import { parse } from "@sonde/compiler/bpftrace";
import { print } from "@sonde/compiler/ir";
import { showDiagnostics } from "./trace.ts";

/** `sonde trace -d STAGE`: what the compiler makes of a script at one of its stages. Attaches nothing. */
export async function dump(stage: string, source: SourceText, target: Target, options: ScriptOptions): Promise<number> {
  if (stage === "ast") {
    const { script, diagnostics } = parse(source.text);
    await showDiagnostics(diagnostics, source, false);
    process.stdout.write(`${JSON.stringify(script, withoutSpans, 2)}\n`);
    return diagnostics.some((d) => d.severity === "error") ? 1 : 0;
  }
  const functions: string[] = [];
  const compiled = compileScript(source, target, {
    ...options,
    ...(stage === "ir" ? { dump: (func, pass) => functions.push(`; ${pass}\n${print(func)}`) } : {}),
  });
  await showDiagnostics(compiled.diagnostics, compiled.source, false);
  if (compiled.spec === undefined) return 1;
  if (stage === "ir") process.stdout.write(`${functions.join("\n")}\n`);
  else if (stage === "object") process.stdout.write(describe(compiled.spec));
  else
    for (const program of compiled.spec.programs)
      process.stdout.write(`${program.title}:\n${disassemble(program.instructions)}\n`);
  return 0;
}

function withoutSpans(key: string, value: unknown): unknown {
  if (key === "span" || key === "nameSpan" || key === "opSpan") return undefined;
  return typeof value === "bigint" ? value.toString() : value;
}
