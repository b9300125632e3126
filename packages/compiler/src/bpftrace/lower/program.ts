/** One probe's handler as a function. */
import type { Unary } from "../ast.ts";
import type { CheckedProgram, ProbeVariant } from "../types.ts";
import { callbackDepth } from "./callbacks.ts";
import { test } from "./conditions.ts";
import { Handler } from "./handler.ts";
import { enterIterator } from "./iterators.ts";
import { fieldSize, livesInMemory } from "./layout.ts";
import type { ObjectBuilder } from "./object.ts";
import { block } from "./statements.ts";
import { walk } from "./walk.ts";

/** Lowers a variant to a main function: filter, body, `return 0`. */
export function lowerProgram(object: ObjectBuilder, program: CheckedProgram, variant: ProbeVariant): Handler {
  const h = new Handler(object.programName(variant.title), object, program, variant);
  const { builder } = h;
  const { filter, body, span } = variant.probe;
  builder.source = object.positions.at(span);
  h.divideStack(callbackDepth(body));
  h.addressed = addressedVariables(variant);
  h.declareVariables(memoryVariables(variant, h.addressed), span);
  const [target] = variant.attach;
  if (target?.kind === "iter") enterIterator(h, target.name, span);
  if (filter !== undefined) {
    const before = builder.current;
    const [pass, skip] = [builder.block("body"), builder.block("skip")];
    test(h, filter, pass, skip);
    h.enter(skip, before);
    builder.return(h.constant(0));
    h.enter(pass, before);
  }
  block(h, body);
  if (!builder.terminated) builder.return(h.constant(0));
  builder.finish();
  return h;
}

function addressedVariables({ probe }: ProbeVariant): ReadonlySet<string> {
  const names = new Set<string>();
  walk(probe, (node) => {
    const { kind, op, operand } = node as Unary;
    if (kind === "unary" && op === "&" && operand.kind === "variable") names.add(operand.name);
  });
  return names;
}

/** The variables that do not fit a register or must not lie in one, with their sizes in bytes. */
function memoryVariables(variant: ProbeVariant, addressed: ReadonlySet<string>): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const [expr, type] of variant.types) {
    if (expr.kind !== "variable" || !(livesInMemory(type) || addressed.has(expr.name))) continue;
    sizes.set(expr.name, Math.max(sizes.get(expr.name) ?? 0, fieldSize(type)));
  }
  return sizes;
}
