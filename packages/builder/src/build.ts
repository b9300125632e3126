/** From a monitor's file to an object: its modules are run once, then what they declared is compiled. */
import type { ObjectSpec, Target } from "@sonde/bpf/spec";
import type { CompileOptions } from "@sonde/compiler";
import { Refusal, type Diagnostic, type SourceText } from "@sonde/compiler/diagnostics";
import {
  authoringModule,
  declarationMessages,
  Declarations,
  lowerMonitor,
  Registry,
  type ProbeDeclaration,
} from "@sonde/compiler/typescript";
import { ModuleLoader } from "./modules.ts";
import { placeOfError } from "./stack.ts";

export type BuildOptions = CompileOptions;

export interface BuildResult {
  /** Absent if there was an error. */
  readonly spec: ObjectSpec | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** The monitor's own file; the text of diagnostics that name no other. */
  readonly source: SourceText;
  /** What the programs of `spec` were made from, in the same order. */
  readonly probes: readonly ProbeDeclaration[];
}

/**
 * Builds the monitor in `file`. What is wrong with it is in `diagnostics`.
 * @throws {Error} the file cannot be read
 */
export async function buildMonitor(file: string, target: Target, options: BuildOptions = {}): Promise<BuildResult> {
  const registry = new Registry();
  const declarations = new Declarations();
  const loader = new ModuleLoader(registry, authoringModule(registry, declarations));
  const source = loader.read(file);
  const failed = (diagnostic: Diagnostic): BuildResult => ({
    spec: undefined,
    diagnostics: [diagnostic],
    source,
    probes: [],
  });
  try {
    await loader.load(file);
  } catch (error) {
    if (error instanceof Refusal) return failed(error.diagnostic);
    return failed(diagnosticOf(error, loader, source));
  }
  const built = { declarations, registry, graph: loader.graph, start: { start: 0, end: 0, source } };
  return { ...lowerMonitor(built, target, options), source, probes: declarations.probes };
}

/** An error that the module's own code threw, at the line that threw it. */
function diagnosticOf(error: unknown, loader: ModuleLoader, main: SourceText): Diagnostic {
  const reason = error instanceof Error ? error.message : String(error);
  const { code, severity, text } = declarationMessages.buildFailed;
  return {
    code,
    severity,
    message: text(reason),
    span: placeOfError(error, loader.sources) ?? { start: 0, end: 0, source: main },
    hint: undefined,
    notes: [],
  };
}
