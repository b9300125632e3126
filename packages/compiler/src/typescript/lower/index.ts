/**
 * Lowering: from what a module declared to an object.
 *
 * 1. Every handler becomes one function of the intermediate form.
 * 2. What the programs share (maps, metrics, streams, variables) is collected on the way.
 * 3. When all members of kernel structs in use are known, the object's types are written.
 * 4. Each function is optimised and becomes instructions.
 */
import type { MapSpec, ObjectSpec, ProgramSpec, Target } from "@sonde/bpf/spec";
import { CompileError, compileModule, type CompileOptions } from "../../codegen/index.ts";
import { Diagnostics, refuse, Refusal, type Diagnostic, type SourceSpan } from "../../diagnostics/index.ts";
import { readTaskDirectly } from "../../lowering/current-task.ts";
import type { Declarations, ProbeDeclaration } from "../authoring/declarations.ts";
import * as declarationMessages from "../messages/declarations.ts";
import * as messages from "../messages/handlers.ts";
import type { Registry } from "../prepare/registry.ts";
import { spanOf, type Node } from "../syntax/ast.ts";
import { declaredNames, freeNames } from "../syntax/free.ts";
import { TypeResolver, type ModuleGraph } from "../types/resolve.ts";
import { argumentSource, parameter, type ArgumentSource } from "./arguments.ts";
import { checkFunction } from "./functions.ts";
import { statements } from "./statements.ts";
import { expression } from "./expressions.ts";
import { MonitorObject } from "./object.ts";
import { bindPattern } from "./patterns.ts";
import { Program } from "./program.ts";
import { constantNumber, scalarOf } from "./scalar.ts";
import { Scope } from "./scope.ts";
import { MOST_ARGUMENTS, usdtArgument } from "./usdt.ts";
import { UNDEFINED, type Value } from "./value.ts";
import { Uses } from "./uses.ts";

export interface Lowered {
  /** Absent if there was an error. */
  readonly spec: ObjectSpec | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** What ran at build time. */
export interface BuiltModule {
  readonly declarations: Declarations;
  readonly registry: Registry;
  readonly graph: ModuleGraph;
  /** The module's beginning, for what is missing in it as a whole. */
  readonly start: SourceSpan;
}

export function lowerMonitor(built: BuiltModule, target: Target, options: CompileOptions = {}): Lowered {
  const diagnostics = new Diagnostics();
  const { declarations, registry, graph, start } = built;
  const failed = (): Lowered => ({ spec: undefined, diagnostics: diagnostics.list });
  const { info } = declarations;
  if (info === undefined) diagnostics.report(declarationMessages.noMonitor, start);
  else if (declarations.probes.length === 0) diagnostics.report(declarationMessages.noProbes, start);
  if (info === undefined || diagnostics.failed) return failed();

  const resolver = new TypeResolver(graph, () => target.btf);
  let object: MonitorObject | undefined;
  refusable(diagnostics, start, () => {
    object = new MonitorObject(declarations, resolver, target, registry, new Uses(declarations, registry));
    for (const map of declarations.maps) object.map(map);
  });
  if (object === undefined) return failed();
  const shared = object;
  const programs: Program[] = [];
  for (const probe of declarations.probes)
    refusable(diagnostics, spanOf(probe.site.node), () => void programs.push(lowerProbe(shared, probe)));
  if (diagnostics.failed) return failed();
  for (const p of programs) if (p.scratchBytes > 0) shared.addScratch(p.scratchMap, p.scratchBytes);
  let maps: readonly MapSpec[] = [];
  refusable(diagnostics, start, () => (maps = shared.maps(programs)));
  if (diagnostics.failed) return failed();
  shared.types.settle();
  const specs: ProgramSpec[] = [];
  for (const p of programs)
    refusable(diagnostics, spanOf(p.probe.site.node), () => void specs.push(programSpec(p, options)));
  if (diagnostics.failed) return failed();
  const spec: ObjectSpec = {
    name: info.name,
    license: info.license,
    programs: specs,
    maps,
    btf: shared.types.builder.encode(),
    manifest: shared.manifest(programs),
  };
  return { spec, diagnostics: diagnostics.list };
}

function lowerProbe(object: MonitorObject, probe: ProbeDeclaration): Program {
  const registered = object.functionOf(probe.handler);
  if (registered === undefined) return refuse(declarationMessages.notAHandler, spanOf(probe.site.node), "the handler");
  const { node } = registered;
  checkFunction(node);
  const source = argumentSource(object.target.btf, probe);
  const p = new Program(object.programName(probe.title), object, probe, new Scope(registered));
  const { builder } = p;
  const silent = source?.kind === "parameters" && source.result === undefined;
  p.activations.push({ node, loops: [], leave: (value, at) => answer(p, value, at, silent) });
  p.at(node, () => {
    const used = freeNames({ ...node, params: [] });
    for (const [index, param] of node.params.entries())
      bindPattern(p, param, given(p, source, index, param, used), node.body, "let", param);
    if (node.body.type === "BlockStatement") statements(p, node.body.body);
    else if (probe.verdicts === undefined || silent) expression(p, node.body);
    else answer(p, expression(p, node.body), node.body, false);
    if (!builder.terminated) builder.return(p.constant(probe.verdict));
  });
  const main = builder.finish();
  if (p.followsTasks)
    for (const func of [main, ...p.functions]) readTaskDirectly(func, object.types, object.target, "any");
  return p;
}

/** What the hook hands over as the handler's parameter number `index`. */
function given(
  p: Program,
  source: ArgumentSource | undefined,
  index: number,
  param: Node,
  used: ReadonlySet<string>,
): Value {
  if (source?.kind === "usdt" || source?.kind === "parameters") {
    if (source.kind === "usdt" && index >= MOST_ARGUMENTS)
      refuse(messages.argumentCount, spanOf(param), source.title, `at most ${MOST_ARGUMENTS}`, index + 1);
    if (![...declaredNames(param)].some((name) => used.has(name))) return UNDEFINED;
    return source.kind === "usdt" ? usdtArgument(p, index) : parameter(p, source, index, param);
  }
  return index === 0 && source !== undefined ? { kind: "arguments", source } : UNDEFINED;
}

/** `return value` of a handler: what the kernel is told; `silent`: it asks for nothing. */
function answer(p: Program, value: Value, node: Node, silent: boolean): void {
  const { probe, builder } = p;
  const isNothing = value.kind === "constant" && value.value === undefined;
  if (isNothing) return builder.return(p.constant(probe.verdict));
  if (probe.verdicts === undefined || silent) return refuse(messages.noResult, spanOf(node), probe.title);
  const known = constantNumber(value);
  if (probe.verdicts !== "any" && known !== undefined && !probe.verdicts.includes(Number(known)))
    return refuse(messages.badVerdict, spanOf(node), probe.title, probe.verdicts.join(", "));
  builder.return(scalarOf(p, value, node).inst);
}

function programSpec(p: Program, options: CompileOptions): ProgramSpec {
  const { name, probe, builder, object } = p;
  const { instructions, functions } = compileModule({ main: builder.func, functions: [...p.functions] }, options);
  return {
    name,
    type: probe.programType,
    attach: probe.attach,
    instructions,
    functions: new Map(
      functions.map((each) => [each, each === name ? object.types.program(name) : p.functionType(each)]),
    ),
    title: probe.title,
    ...(probe.section === undefined ? {} : { section: probe.section }),
    ...(probe.attachType === undefined ? {} : { attachType: probe.attachType }),
  };
}

/** Runs `build`; a refusal becomes a diagnostic. */
function refusable(diagnostics: Diagnostics, span: SourceSpan, build: () => unknown): void {
  try {
    build();
  } catch (error) {
    if (error instanceof Refusal) diagnostics.add(error.diagnostic);
    else if (error instanceof CompileError) diagnostics.report(messages.tooComplex, span, error.message);
    else throw error;
  }
}
