/**
 * What a script says in C before its probes: the types it defines, the constants of its enums, and what
 * its #define lines stand for.
 */
import { BtfBuilder, BtfReader, type Btf } from "@sonde/bpf/btf";
import type { Target } from "@sonde/bpf/spec";
import { Diagnostics } from "../../diagnostics/index.ts";
import type { CDeclaration, Span } from "../ast.ts";
import { readString } from "../lexer/string.ts";
import type { ProgramTypes } from "../check/program-types.ts";
import * as messages from "../messages/declarations.ts";
import { headerConstant, isKernelHeader } from "./constants.ts";
import { Declarations } from "./declarations.ts";
import { evaluate } from "./evaluate.ts";
import { ExpansionTooLarge, Macros, type CMacro } from "./macros.ts";
import { DeclarationStop, Scope, type Report } from "./scope.ts";
import { ScriptTypes } from "./script-types.ts";
import { tokenize, type CToken } from "./tokens.ts";

export interface Definitions {
  /** The target, its types before those of the kernel being the script's. */
  readonly target: Target;
  /** Types with this id or a higher one are the script's own: they lie as written, on every kernel. */
  readonly firstOwnType: number;
  /** Types of the programs that are traced; undefined where none is, or nothing is known of them. */
  readonly programTypes: ProgramTypes | undefined;
  /** What a #define of the script stands for. */
  readonly constant: (name: string) => bigint | string | undefined;
  /** The value of a constant of the kernel's headers, if the script includes any. */
  readonly header: (name: string) => bigint | undefined;
  /** Whether a name is a macro that stands for no constant. */
  readonly isOther: (name: string) => boolean;
}

/** @param kernelConstant the value of one of the kernel's enumerators */
export function readDefinitions(
  declarations: readonly CDeclaration[],
  target: Target,
  kernelConstant: (name: string) => bigint | undefined,
  diagnostics: Diagnostics,
): Definitions {
  const kernel = declarations.length > 0 && target.btf instanceof BtfReader ? target.btf : undefined;
  const macros = new Macros();
  const scope = new Scope(new BtfBuilder({ base: kernel }), kernel);
  const report: Report = (message, span, ...args) => diagnostics.report(message, span, ...args);
  let headers = false;
  const outside = (name: string): bigint | undefined =>
    kernelConstant(name) ?? (headers ? headerConstant(name) : undefined);
  let defines = false;

  for (const declaration of declarations) {
    const { text, span } = declaration;
    const directive = /^#\s*(\w+)\s*(.*?)\s*$/s.exec(text);
    if (directive?.[1] === "define") macros.define(text, span.start);
    else if (directive?.[1] === "undef") macros.undefine(directive[2] ?? "");
    else if (directive?.[1] === "include") headers = include(directive[2] ?? "", span, report) || headers;
    else {
      defines = true;
      define(tokenize(text, span.start), span, { macros, scope, outside, report });
    }
  }

  for (const id of scope.forward.values()) scope.builder.define(id, 0, []);
  const types = defines && !diagnostics.failed ? new ScriptTypes(scope.builder.encode(), kernel) : undefined;
  const values = new Map<string, bigint | string | undefined>();
  const valueOf = (macro: CMacro): bigint | string | undefined => {
    if (!values.has(macro.name)) {
      values.set(macro.name, undefined);
      values.set(macro.name, macroValue(macro, macros, scope, outside));
    }
    return values.get(macro.name);
  };
  return {
    target: types === undefined ? target : withTypes(target, types),
    firstOwnType: types?.firstOwn ?? Infinity,
    programTypes: undefined,
    constant: (name) => {
      const macro = macros.get(name);
      return macro && valueOf(macro);
    },
    header: (name) => (headers ? headerConstant(name) : undefined),
    isOther: (name) => macros.get(name) !== undefined && valueOf(macros.get(name)!) === undefined,
  };
}

interface Context {
  readonly macros: Macros;
  readonly scope: Scope;
  readonly outside: (name: string) => bigint | undefined;
  readonly report: Report;
}

function define(tokens: readonly CToken[], span: Span, { macros, scope, outside, report }: Context): void {
  try {
    new Declarations(macros.expand(tokens), scope, outside).readAll();
  } catch (error) {
    if (error instanceof DeclarationStop) error.report(report);
    else if (error instanceof ExpansionTooLarge) report(messages.expansionTooLarge, span);
    else throw error;
  }
}

/** Whether it is a header whose constants are known. */
function include(name: string, span: Span, report: Report): boolean {
  const path = /^[<"]([^>"]+)[>"]$/.exec(name)?.[1];
  if (path !== undefined && isKernelHeader(path)) return true;
  report(messages.unknownHeader, span, path ?? name);
  return false;
}

/** A number or a text; undefined for any other macro. */
function macroValue(
  macro: CMacro,
  macros: Macros,
  scope: Scope,
  outside: (name: string) => bigint | undefined,
): bigint | string | undefined {
  if (macro.params !== undefined || macro.body.length === 0) return undefined;
  let body: readonly CToken[];
  try {
    body = macros.expand(macro.body);
  } catch (error) {
    if (error instanceof ExpansionTooLarge) return undefined;
    throw error;
  }
  const inner = body[0]?.text === "(" && body.at(-1)?.text === ")" ? body.slice(1, -1) : body;
  if (inner.length > 0 && inner.every(({ kind }) => kind === "string")) return inner.map(textOf).join("");
  const names = new Declarations(body, scope, outside).names;
  return evaluate(body, names);
}

function textOf({ text }: CToken): string {
  return readString(text, 0, new Diagnostics()).text;
}

/** The same target with other types. Its own properties are found out when they are asked for. */
export function withTypes(target: Target, btf: Btf): Target {
  return {
    arch: target.arch,
    btf,
    features: target.features,
    ...(target.facts && { facts: target.facts }),
    tracepoint: (category, name) => target.tracepoint(category, name),
    probes: (provider, pattern) => target.probes(provider, pattern),
  };
}
