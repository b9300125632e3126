/** What a handler asks of its attach point, found without types: it decides which points can share a program. */
import type { Expr, Probe } from "../../ast.ts";
import { argumentIndex } from "../../builtins.ts";

export interface Uses {
  /** Names after `args.`, sorted. */
  readonly fields: readonly string[];
  /** `args` in any place. */
  readonly args: boolean;
  /** argN in any place. */
  readonly argN: boolean;
  readonly retval: boolean;
  /** Names of types or constants: each program may mean others by them. */
  readonly names: boolean;
  /** `probe` or `func`: the handler differs by attach point. */
  readonly title: boolean;
}

const NAMES: ReadonlySet<string> = new Set(["typeName", "identifier"]);

export function usesOf(probe: Probe): Uses {
  const fields = new Set<string>();
  const names = new Set<string>();
  // Where a symbol is in a process is counted from the function that the probe is on.
  let addresses = false;
  let named = false;
  visit([probe.filter, probe.body], (expr) => {
    if (NAMES.has(expr.kind)) named = true;
    if (expr.kind === "builtin") names.add(argumentIndex(expr.name) === undefined ? expr.name : "argN");
    else if (expr.kind === "call" && expr.name === "uaddr") addresses = true;
    else if (expr.kind === "member" && expr.object.kind === "builtin" && expr.object.name === "args")
      fields.add(expr.name);
  });
  return {
    fields: [...fields].sort(),
    args: names.has("args"),
    argN: names.has("argN"),
    retval: names.has("retval"),
    names: named,
    title: names.has("probe") || names.has("func") || addresses,
  };
}

/** Every node of a tree, outer ones first. Nodes are plain objects with a `kind`. */
function visit(node: unknown, each: (expr: Expr) => void): void {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, each);
  } else if (typeof node === "object" && node !== null) {
    if ("kind" in node) each(node as Expr);
    for (const value of Object.values(node)) if (typeof value === "object") visit(value, each);
  }
}
