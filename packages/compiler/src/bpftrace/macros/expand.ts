/**
 * The script's macros, put in where they are called: a tree becomes another tree without them.
 *
 * A macro's body is copied for each call. A parameter `$x` stands for the caller's variable, `@m` for
 * the caller's map, a bare name for the caller's expression, which is evaluated wherever the name
 * stands, or for a type. Every other variable of the body is its own: it is renamed, so that it can't meet one of the
 * caller's. Copies keep the places of what they were copied from, so that messages point there.
 */
import type { Diagnostics, Message } from "../../diagnostics/index.ts";
import type { Call, Expr, Identifier, Macro, MapRef, Probe, Script, Span, Stmt, TypeName, Variable } from "../ast.ts";
import * as messages from "../messages/macros.ts";

/** Calls in calls, one within the other. */
const MAX_DEPTH = 50;
/** Copies in one script: each call of a call multiplies them. */
const MAX_COPIES = 5000;

/** Where a piece of tree stands: in a probe, or in the body of a macro. */
interface Frame {
  readonly macro: Macro | undefined;
  readonly arguments: ReadonlyMap<string, Expr>;
  /** Appended to the names of the macro's own variables. */
  readonly suffix: string;
  readonly depth: number;
}

const PROBE: Frame = { macro: undefined, arguments: new Map(), suffix: "", depth: 0 };

/** The script's probes without calls of macros. The same script if it has none. */
export function expandMacros(script: Script, diagnostics: Diagnostics): Script {
  if (script.macros.length === 0) return script;
  const expansion = new Expansion(script.macros, diagnostics);
  return { ...script, probes: script.probes.map((probe) => expansion.copy(probe, PROBE) as Probe) };
}

class Expansion {
  readonly #macros = new Map<string, Macro>();
  readonly #diagnostics: Diagnostics;
  #copies = 0;

  constructor(macros: readonly Macro[], diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
    for (const macro of macros) {
      const known = this.#macros.get(macro.name);
      if (known === undefined) this.#macros.set(macro.name, macro);
      else
        diagnostics.reportWith(messages.macroRedefined, macro.nameSpan, {
          args: [macro.name],
          notes: [{ message: "first defined here", span: known.nameSpan }],
        });
    }
  }

  /** A copy of any part of the tree: a node, a list of them, or what is neither. */
  copy(part: unknown, frame: Frame): unknown {
    if (Array.isArray(part)) return part.map((item) => this.copy(item, frame));
    if (typeof part !== "object" || part === null || !("kind" in part)) return part;
    const node = part as Expr | Stmt | TypeName;
    switch (node.kind) {
      case "variable":
        return this.#variable(node, frame);
      case "map":
        return this.#map(node, frame);
      case "identifier":
        return this.#identifier(node, frame);
      case "typeName":
        return this.#typeName(node, frame);
      case "call": {
        const macro = this.#macros.get(node.name);
        if (macro !== undefined) return this.#expand(macro, node, frame);
      }
    }
    const copy: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(node)) copy[key] = key === "span" ? value : this.copy(value, frame);
    return copy;
  }

  #variable(node: Variable, frame: Frame): Expr {
    const given = frame.arguments.get(`$${node.name}`);
    if (given !== undefined) return { ...(given as Variable), span: node.span };
    return frame.macro === undefined ? { ...node } : { ...node, name: node.name + frame.suffix };
  }

  #map(node: MapRef, frame: Frame): Expr {
    const keys = this.copy(node.keys, frame) as readonly Expr[];
    const given = frame.arguments.get(node.name);
    if (given !== undefined) return { ...node, name: (given as MapRef).name, keys };
    if (frame.macro !== undefined) this.#report(messages.macroMap, node.span, frame.macro.name, node.name);
    return { ...node, keys };
  }

  /** A parameter's name where a type is expected is the type that it was given, or the type of its expression. */
  #typeName(node: TypeName, frame: Frame): TypeName {
    const given = node.tag === undefined ? frame.arguments.get(node.name) : undefined;
    if (given === undefined)
      return node.of === undefined ? { ...node } : { ...node, of: this.copy(node.of, frame) as Expr };
    if (given.kind === "identifier") return { ...node, name: given.name };
    if (given.kind !== "typeArgument") return { ...node, name: "typeof", of: copyPlain(given) };
    const { type } = copyPlain(given);
    return {
      ...type,
      pointers: type.pointers + node.pointers,
      lengths: [...node.lengths, ...type.lengths],
      span: node.span,
    };
  }

  #identifier(node: Identifier, frame: Frame): Expr {
    const given = frame.arguments.get(node.name);
    // A copy for each place, since every node has one place and one type.
    if (given !== undefined) return copyPlain(given);
    const macro = this.#macros.get(node.name);
    if (macro === undefined || macro.params.length > 0) return { ...node };
    return this.#expand(
      macro,
      { kind: "call", name: node.name, nameSpan: node.span, args: [], span: node.span },
      frame,
    );
  }

  #expand(macro: Macro, call: Call, frame: Frame): Expr {
    const nothing: Expr = { kind: "int", value: 0n, suffix: "", span: call.span };
    const empty: Expr = { kind: "blockExpr", body: [], value: nothing, span: call.span };
    if (frame.depth >= MAX_DEPTH || ++this.#copies > MAX_COPIES) {
      if (!this.#diagnostics.failed) this.#report(messages.macroTooDeep, call.nameSpan, macro.name);
      return empty;
    }
    if (call.args.length !== macro.params.length) {
      this.#report(messages.macroArguments, call.span, macro.name, call.args.length, signature(macro));
      return empty;
    }
    const given = new Map<string, Expr>();
    for (const [index, param] of macro.params.entries()) {
      const argument = this.copy(call.args[index], frame) as Expr;
      const fits =
        param.kind === "identifier" ||
        (param.kind === "variable" && argument.kind === "variable") ||
        (param.kind === "map" && argument.kind === "map" && argument.keys.length === 0);
      if (!fits) {
        this.#report(messages.macroArgument, call.args[index]!.span, macro.name, index + 1, paramText(param));
        return empty;
      }
      given.set(paramText(param), argument);
    }
    const inner: Frame = {
      macro,
      arguments: given,
      suffix: `~${this.#copies}`,
      depth: frame.depth + 1,
    };
    const { body, value } = macro.body;
    return {
      kind: "blockExpr",
      body: this.copy(body, inner) as readonly Stmt[],
      value: value === undefined ? undefined : (this.copy(value, inner) as Expr),
      span: call.span,
    };
  }

  #report<Args extends readonly unknown[]>(message: Message<Args>, span: Span, ...args: Args): void {
    this.#diagnostics.report(message, span, ...args);
  }
}

function copyPlain<Part>(part: Part): Part {
  if (Array.isArray(part)) return part.map(copyPlain) as Part;
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, copyPlain(value)])) as Part;
}

function paramText(param: Macro["params"][number]): string {
  return param.kind === "variable" ? `$${param.name}` : param.name;
}

function signature(macro: Macro): string {
  return `${macro.name}(${macro.params.map(paramText).join(", ")})`;
}
