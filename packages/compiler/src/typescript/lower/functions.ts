/** Functions, built into the place where they are called. */
import { refuse } from "../../diagnostics/index.ts";
import type { Block } from "../../ir/index.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type FunctionNode, type Node } from "../syntax/ast.ts";
import { expression } from "./expressions.ts";
import { merge, type Ending } from "./merge.ts";
import { bindPattern } from "./patterns.ts";
import type { Activation, Program } from "./program.ts";
import { Scope } from "./scope.ts";
import { statements } from "./statements.ts";
import { subprogramCall } from "./subprograms.ts";
import { UNDEFINED, type Value } from "./value.ts";

/** Nested deeper, a handler is more than its author can have meant. */
const MOST_NESTED = 32;

/** Refuses what no function in the kernel can be. */
export function checkFunction(fn: FunctionNode): void {
  if (fn.async) refuse(messages.unsupported, spanOf(fn), "an async function", "handlers run from beginning to end");
  if (fn.generator) refuse(messages.unsupported, spanOf(fn), "a generator", "use a loop");
}

/** Calls a function of the monitor's: its body is built here, with its own names. */
export function inline(p: Program, fn: FunctionNode, scope: Scope, args: readonly Value[], node: Node): Value {
  checkFunction(fn);
  const called = subprogramCall(p, fn, scope, args, node);
  if (called !== undefined) return called;
  if (p.activations.some((active) => active.node === fn))
    refuse(messages.recursion, spanOf(node), (fn as { id?: { name: string } | null }).id?.name ?? "the function");
  if (p.activations.length > MOST_NESTED) refuse(messages.tooComplex, spanOf(node), "its calls are nested too deep");
  const { builder, facts } = p;
  const before = builder.current;
  // Every way out is a block of its own, so that what returns is known when all of them are.
  const endings: { readonly block: Block; readonly value: Value; readonly node: Node }[] = [];
  const activation: Activation = {
    node: fn,
    loops: [],
    leave: (value, at) => {
      const block = builder.block("returned");
      builder.jump(block);
      builder.seal(block);
      endings.push({ block, value, node: at });
    },
  };
  return p.inside(new Scope(scope), () => {
    for (const [index, param] of fn.params.entries())
      bindPattern(p, param, args[index] ?? UNDEFINED, fn.body, "let", param);
    p.activations.push(activation);
    try {
      if (fn.body.type !== "BlockStatement") return expression(p, fn.body);
      statements(p, fn.body.body);
    } finally {
      p.activations.pop();
    }
    const open: Ending[] = [...endings];
    if (!builder.terminated) open.push({ block: builder.current, value: UNDEFINED, node: fn });
    p.facts = facts;
    for (const { block } of endings) p.enter(block, before);
    return merge(p, open, before, node);
  });
}
