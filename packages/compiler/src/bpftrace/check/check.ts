/**
 * The checker: attach points are expanded, then the handlers are checked until their types hold
 * still. Types flow from assignments to uses in any order (a map may be read in an earlier probe than
 * the one that fills it), so each pass starts from what the passes before it learnt; the last one,
 * which learns nothing new, is the one whose findings count.
 */
import type { Target } from "@sonde/bpf/spec";
import { Diagnostics, didYouMean, type Diagnostic } from "../../diagnostics/index.ts";
import type { MapDeclaration, Script } from "../ast.ts";
import * as mapMessages from "../messages/maps.ts";
import * as messages from "../messages/probes.ts";
import type { CheckedConfig, CheckedProgram, MapInfo, ProbeVariant } from "../types.ts";
import { expandMacros } from "../macros/expand.ts";
import { checkConfig } from "./config.ts";
import { readDefinitions } from "../c/definitions.ts";
import { findEnumerator } from "./constants.ts";
import type { Draft } from "./attach/draft.ts";
import { expand } from "./attach/expand.ts";
import { checkCondition } from "./expressions.ts";
import { Handler } from "./handler.ts";
import { boundedKeys } from "./key-size.ts";
import { withPrograms } from "./program-types.ts";
import { Program, type CheckOptions, type MapState, type Variables } from "./program.ts";
import { checkBlock } from "./statements.ts";
import { checkUnstableParts } from "./unstable.ts";

export interface Checked {
  /** Absent if there are errors. */
  readonly program: CheckedProgram | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Types only widen, so they hold still after few passes; the bound is against a mistake in that. */
const MAX_PASSES = 20;

/** Checks a script that was parsed without errors, for the kernel that `target` describes. */
export function check(written: Script, given: Target, options: CheckOptions = {}): Checked {
  const outer = new Diagnostics();
  const script = expandMacros(written, outer);
  const { btf } = script.declarations.length > 0 ? given : { btf: undefined };
  const declared = readDefinitions(
    script.declarations,
    given,
    (name) => btf && findEnumerator(btf, name)?.value,
    outer,
  );
  const definitions = withPrograms(declared, script);
  const { target } = definitions;
  // What is missing because of that would only be more to read.
  if (outer.failed) return { program: undefined, diagnostics: inOrder(outer.list) };
  const settings = checkConfig(script.config, options.config ?? {}, outer);
  const { drafts, remarks } = expand(script, definitions, settings, options, outer);
  checkDeclarations(script, outer);
  if (drafts.length === 0 && !outer.failed) {
    const point = script.probes[0]?.points[0];
    if (point !== undefined) outer.report(messages.noMatch, point.span, "event", point.text, undefined);
  }
  checkUnstableParts(script, settings, outer);
  const { maxPrograms } = settings;
  const extra = drafts[maxPrograms];
  if (extra !== undefined) outer.report(messages.tooManyPrograms, extra.probe.span, drafts.length, maxPrograms);
  const program = new Program(script, target, options, settings, definitions);
  const handlers = infer(program, drafts);
  finishMaps(program);

  const all = new Diagnostics();
  for (const diagnostic of [...outer.list, ...program.diagnostics.list]) all.add(diagnostic);
  const diagnostics = inOrder(all.list);
  if (all.failed) return { program: undefined, diagnostics };
  const declarations = new Map(script.maps.map((declaration) => [declaration.name, declaration]));
  return {
    program: {
      script,
      variants: handlers.map(variantOf),
      config: settings,
      remarks,
      target,
      firstOwnType: definitions.firstOwnType,
      given: options,
      params: options.params ?? [],
      mapArguments: program.mapArguments,
      aggregatesRead: program.aggregatesRead,
      options: [...program.scriptOptions.values()],
      maps: new Map(
        byPlace([...program.maps.values()]).map((state) => [
          state.name,
          mapInfo(state, declarations.get(state.name), settings),
        ]),
      ),
    },
    diagnostics,
  };
}

function infer(program: Program, drafts: readonly Draft[]): readonly Handler[] {
  const variables: readonly Variables[] = drafts.map(() => new Map());
  let handlers: readonly Handler[] = [];
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    program.beginPass();
    handlers = drafts.map((draft, i) => {
      const handler = new Handler(program, draft, variables[i] ?? new Map());
      if (draft.probe.filter !== undefined) checkCondition(handler, draft.probe.filter);
      checkBlock(handler, draft.probe.body);
      return handler;
    });
    if (!program.changed) break;
  }
  return handlers;
}

/** `let @x = lruhash(100);` */
function checkDeclarations(script: Script, diagnostics: Diagnostics): void {
  const types = ["hash", "lruhash", "percpuhash", "percpulruhash"];
  const seen = new Set<string>();
  for (const { name, type, maxEntries, span } of script.maps) {
    if (!types.includes(type)) diagnostics.report(mapMessages.unknownMapType, span, type, didYouMean(type, types));
    if (maxEntries < 1 || maxEntries > 100_000_000) diagnostics.report(mapMessages.mapSize, span, name);
    if (seen.has(name)) diagnostics.report(mapMessages.mapRedeclared, span, name);
    seen.add(name);
  }
}

/** A map whose value's type never became known can't be made. */
function finishMaps(program: Program): void {
  const { diagnostics, script } = program;
  for (const state of program.maps.values()) {
    const unknown =
      state.value === undefined || (state.value.kind === "scalar" && state.value.place.type.kind === "none");
    if (unknown && !diagnostics.failed)
      diagnostics.report(mapMessages.undefinedMap, state.valueSpan, state.name, undefined);
  }
  for (const { name, span } of script.maps)
    if (!program.maps.has(name)) diagnostics.report(mapMessages.mapUnused, span, name);
}

function inOrder(list: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...list].sort((a, b) => a.span.start - b.span.start);
}

/** Maps in the order of the text. */
function byPlace(maps: readonly MapState[]): readonly MapState[] {
  return [...maps].sort((a, b) => a.keySpan.start - b.keySpan.start);
}

function variantOf({ draft, types, constants, replacements }: Handler): ProbeVariant {
  const { probe, programType, attach, title, user } = draft;
  return { probe, programType, attach, title, user, arguments: draft.arguments, types, constants, replacements };
}

function mapInfo(state: MapState, declaration: MapDeclaration | undefined, config: CheckedConfig): MapInfo {
  const { value } = state;
  return {
    name: state.name,
    keys: boundedKeys(
      (state.keys ?? []).map(({ type }) => type),
      config.maxStrlen,
    ),
    value: value?.kind === "aggregate" ? value : { kind: "scalar", type: value?.place.type ?? { kind: "none" } },
    maxEntries: declaration?.maxEntries ?? config.maxMapKeys,
    declaredType: declaration?.type,
  };
}
