/**
 * Tracepoints by the faster road. A classic event makes a record for each program that looks at it;
 * a raw tracepoint hands over the kernel's own arguments, and programs that name no field need not
 * even those. Where the table says how the fields that a script names come from the arguments, the
 * script is rewritten to those expressions and attached the raw way.
 */
import type { AttachTarget } from "@sonde/bpf/spec";
import { Diagnostics } from "../../../diagnostics/index.ts";
import type { Expr, Probe, Span } from "../../ast.ts";
import { Cursor } from "../../parser/cursor.ts";
import { parseExpression } from "../../parser/expressions.ts";
import type { ArgumentSource, Type } from "../../types.ts";
import type { Expansion } from "./draft.ts";
import { NO_ARGUMENTS } from "./draft.ts";
import { RAW_EVENTS, type RawEvent } from "./raw-events.ts";
import { rawPrototype } from "./prototypes.ts";

export interface RawRoad {
  readonly probe: Probe;
  readonly programType: "raw_tracepoint" | "tracing";
  readonly attach: AttachTarget;
  readonly arguments: ArgumentSource;
}

/** What shows how the program was attached: a raw tracepoint's stack begins with the tracing itself. */
const CLASSIC_ONLY = new Set(["ctx", "kstack", "reg", "func", "usermode", "skboutput"]);

/** The raw attachment that serves the probe as the event "CATEGORY:NAME" does; undefined if the classic one must stay. */
export function rawRoad({ probe, target, uses, options }: Expansion, event: string): RawRoad | undefined {
  const known = Object.hasOwn(RAW_EVENTS, event) ? RAW_EVENTS[event] : undefined;
  if (known === undefined || options.classicTracepoint?.(probe) === true) return undefined;
  if (uses.fields.some((field) => !Object.hasOwn(known.fields, field))) return undefined;
  const rewriting = new Rewriting(known);
  const rewritten = rewriting.run(probe);
  if (rewritten === undefined) return undefined;
  const name = event.slice(event.indexOf(":") + 1);
  const plain = { programType: "raw_tracepoint", attach: { kind: "rawTracepoint", name } } as const;
  if (!uses.args) return { probe, ...plain, arguments: NO_ARGUMENTS };
  if (known.params !== undefined) {
    const params = Object.entries(known.params).map(([param, type]) => ({ name: param, type: INTEGERS[type] }));
    return { probe: rewritten, ...plain, arguments: { kind: "array", params, result: undefined } };
  }
  const prototype = target.btf && rawPrototype(target.btf, name);
  if (prototype === undefined || !rewriting.needed.every((needed) => prototype.params.some((p) => p.name === needed)))
    return undefined;
  return {
    probe: rewritten,
    programType: "tracing",
    attach: { kind: "btfTracepoint", name },
    arguments: { kind: "array", params: prototype.params, result: undefined },
  };
}

const INTEGERS: Readonly<Record<"int" | "unsigned" | "long" | "address", Type>> = {
  int: { kind: "int", size: 4, signed: true },
  unsigned: { kind: "int", size: 4, signed: false },
  long: { kind: "int", size: 8, signed: true },
  address: { kind: "int", size: 8, signed: false },
};

/** Replaces `args.FIELD` all through a probe. */
class Rewriting {
  /** Arguments that the replacements name. */
  readonly needed: string[] = [];
  readonly #event: RawEvent;
  #possible = true;

  constructor(event: RawEvent) {
    this.#event = event;
  }

  /** Undefined if the probe uses what only the classic event has. */
  run(probe: Probe): Probe | undefined {
    const { filter, body } = probe;
    const rewritten = {
      ...probe,
      ...(filter === undefined ? {} : { filter: this.#copy(filter) }),
      body: this.#copy(body),
    };
    return this.#possible ? rewritten : undefined;
  }

  #copy<Node>(node: Node): Node {
    if (Array.isArray(node)) return node.map((item) => this.#copy(item)) as Node;
    if (typeof node !== "object" || node === null) return node;
    const expr = node as unknown as Expr;
    if (expr.kind === "member" && expr.object.kind === "builtin" && expr.object.name === "args")
      return this.#field(expr.name, expr.span) as Node;
    // `args` as a whole is the record.
    if (expr.kind === "builtin" && (expr.name === "args" || CLASSIC_ONLY.has(expr.name))) this.#possible = false;
    if (expr.kind === "call" && CLASSIC_ONLY.has(expr.name)) this.#possible = false;
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, this.#copy(value)])) as Node;
  }

  #field(name: string, span: Span): Expr {
    const text = this.#event.fields[name] ?? "0";
    for (const [, needed] of text.matchAll(/\bargs\.(\w+)/g)) this.needed.push(needed!);
    return placed(parseExpression(new Cursor(text, new Diagnostics())), span);
  }
}

/** Whether the probe shows how it is attached. */
export function isClassicOnly(probe: Probe): boolean {
  return new Rewriting({ fields: {} }).run(probe) === undefined;
}

/** The same tree, every node of which stands at `span`. */
export function placed<Node>(node: Node, span: Span): Node {
  if (Array.isArray(node)) return node.map((item) => placed(item, span)) as Node;
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [
    key,
    key === "span" || key.endsWith("Span") ? span : placed(value, span),
  ]);
  return Object.fromEntries(entries) as Node;
}
