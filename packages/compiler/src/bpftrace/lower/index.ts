/**
 * Lowering: from a checked script to an object.
 *
 * 1. Every variant of every probe becomes one function of the intermediate form.
 * 2. What the programs share (maps, events, types) is collected on the way.
 * 3. When all members of kernel structs in use are known, the object's types are written.
 * 4. Each function is optimised and becomes instructions.
 */
import type { ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";
import { CompileError, compileModule, type CompileOptions } from "../../codegen/index.ts";
import { followsTasks, readTaskDirectly } from "../../lowering/current-task.ts";
import { Diagnostics, type Diagnostic, type SourceText } from "../../diagnostics/index.ts";
import type { CheckedProgram, ProbeVariant } from "../types.ts";
import type { Handler } from "./handler.ts";
import { Refusal, tooComplex } from "./messages.ts";
import { ObjectBuilder, type ObjectOptions } from "./object.ts";
import { lowerProgram } from "./program.ts";
import { mapUses } from "./walk.ts";

export interface LowerOptions extends CompileOptions, ObjectOptions {
  /** The object's name; "script" if not given. */
  readonly name?: string;
}

export interface Lowered {
  /** Absent if there was an error. */
  readonly spec: ObjectSpec | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export function lower(program: CheckedProgram, source: SourceText, options: LowerOptions = {}): Lowered {
  const diagnostics = new Diagnostics();
  const object = objectFor(program, source, options);
  const handlers: Handler[] = [];
  for (const variant of program.variants) {
    refusable(diagnostics, variant, () => handlers.push(lowerProgram(object, program, variant)));
  }
  if (diagnostics.failed) return { spec: undefined, diagnostics: diagnostics.list };
  for (const h of handlers) {
    if (h.scratchBytes > 0) object.addScratch(h.scratchMap, h.scratchBytes);
    if (!followsTasks(h.variant.programType, program.config.license)) continue;
    for (const func of [h.builder.func, ...h.callbacks]) readTaskDirectly(func, object.types, object.target, "target");
  }
  object.types.settle();
  const programs: ProgramSpec[] = [];
  for (const h of handlers) refusable(diagnostics, h.variant, () => programs.push(programSpec(h, options)));
  if (diagnostics.failed) return { spec: undefined, diagnostics: diagnostics.list };
  const spec: ObjectSpec = {
    name: options.name ?? "script",
    license: program.config.license,
    programs,
    maps: object.maps(),
    btf: object.types.builder.encode(),
    ...(object.types.externs.length > 0 && { externs: object.types.externs }),
    manifest: object.manifest(),
  };
  return { spec, diagnostics: diagnostics.list };
}

function objectFor(program: CheckedProgram, source: SourceText, options: LowerOptions): ObjectBuilder {
  const users = new Map<string, Set<ProbeVariant>>();
  const deleted = new Set<string>();
  for (const variant of program.variants) {
    const uses = mapUses(variant.probe);
    for (const name of uses.used) users.set(name, (users.get(name) ?? new Set()).add(variant));
    for (const name of uses.deleted) deleted.add(name);
  }
  return new ObjectBuilder(program, source, { users, deleted }, options);
}

function programSpec(h: Handler, options: CompileOptions): ProgramSpec {
  const { name, variant, builder, object } = h;
  const { instructions } = compileModule({ main: builder.func, functions: h.callbacks }, options);
  return {
    name,
    type: variant.programType,
    attach: variant.attach,
    instructions,
    functions: new Map([
      [name, object.types.program(name)],
      ...h.callbacks.map((func) => [func.name, object.types.callback(func.name, func.params.length)] as const),
    ]),
    title: variant.title,
  };
}

/** Runs `build`; a refusal becomes a diagnostic. */
function refusable(diagnostics: Diagnostics, variant: ProbeVariant, build: () => void): void {
  try {
    build();
  } catch (error) {
    if (error instanceof Refusal) diagnostics.add(error.diagnostic);
    else if (error instanceof CompileError) diagnostics.report(tooComplex, variant.probe.span, error.message);
    else throw error;
  }
}
