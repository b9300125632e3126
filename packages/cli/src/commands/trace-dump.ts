import { describe, type ObjectSpec, type Target } from "@sonde/bpf/spec";
import { disassemble } from "@sonde/bpf/asm";
import { compileScript, type ScriptOptions, type SourceText } from "@sonde/compiler";
import { parse } from "@sonde/compiler/bpftrace";
import { print } from "@sonde/compiler/ir";
import { loadCollection } from "@sonde/kernel/collection";
import type { Kernel } from "@sonde/kernel/sys";
import { showDiagnostics } from "./trace.ts";

/** Names of bpftrace's stages for what comes nearest to them here. */
const ALIASES: Readonly<Record<string, string>> = {
  parse: "ast",
  types: "ast",
  codegen: "ir",
  "codegen-opt": "ir",
  dis: "asm",
  libbpf: "object",
};

/** `sonde trace -d STAGE`: what the compiler makes of a script at one of its stages, or at all. Attaches nothing. */
export async function dump(
  stage: string,
  source: SourceText,
  target: Target,
  options: ScriptOptions,
  kernel: Kernel,
): Promise<number> {
  const wanted = ALIASES[stage] ?? stage;
  const shows = (name: string): boolean => wanted === name || wanted === "all";
  const out: string[] = [];
  const part = (name: string, text: string): void => void out.push(wanted === "all" ? `# ${name}\n${text}\n` : text);
  const { script, diagnostics } = parse(source.text);
  if (shows("ast")) part("ast", `${JSON.stringify(script, withoutSpans, 2)}\n`);
  if (wanted === "ast" || diagnostics.some((d) => d.severity === "error")) {
    await showDiagnostics(diagnostics, source, false);
    process.stdout.write(out.join(""));
    return diagnostics.some((d) => d.severity === "error") ? 1 : 0;
  }
  const functions: string[] = [];
  const compiled = compileScript(source, target, {
    ...options,
    ...(shows("ir") ? { dump: (func, pass) => functions.push(`; ${pass}\n${print(func)}`) } : {}),
  });
  await showDiagnostics(compiled.diagnostics, compiled.source, false);
  if (compiled.spec === undefined) return 1;
  const { programs } = compiled.spec;
  if (shows("ir")) part("ir", `${functions.join("\n")}\n`);
  if (shows("asm"))
    part("asm", programs.map(({ title, instructions }) => `${title}:\n${disassemble(instructions)}\n`).join(""));
  if (shows("object")) part("object", describe(compiled.spec));
  if (shows("verifier")) part("verifier", verifierLogs(kernel, compiled.spec, target));
  process.stdout.write(out.join(""));
  return 0;
}

/** What the kernel's verifier says of each program, also of those that it accepts. */
function verifierLogs(kernel: Kernel, spec: ObjectSpec, target: Target): string {
  using collection = loadCollection(kernel, spec, { vmlinux: () => target.btf, logLevel: 1 });
  return collection.programs.map(({ spec: { title }, log }) => `${title}:\n${log}\n`).join("");
}

function withoutSpans(key: string, value: unknown): unknown {
  if (key === "span" || key === "nameSpan" || key === "opSpan") return undefined;
  return typeof value === "bigint" ? value.toString() : value;
}
