/** Expressions that take one of two ways. */
import type { Block } from "../../ir/index.ts";
import type { Node, Tree } from "../syntax/ast.ts";
import { BOOL } from "../types/type.ts";
import { test } from "./conditions.ts";
import { expression } from "./expressions.ts";
import { found, learn, presence, type Fact } from "./facts.ts";
import { member } from "./members.ts";
import { merge, type Ending } from "./merge.ts";
import type { Program } from "./program.ts";
import { constant, UNDEFINED, type Value } from "./value.ts";

/** `condition ? then() : otherwise()`; a side that is never taken is not compiled. */
export function choice(p: Program, node: Node, condition: Node, then: () => Value, otherwise: () => Value): Value {
  const { builder, facts } = p;
  const before = builder.current;
  const [yes, no] = [builder.block("yes"), builder.block("no")];
  const branching = test(p, condition, yes, no);
  const endings: Ending[] = [];
  const side = (block: Block, learnt: readonly Fact[], build: () => Value): void => {
    p.enter(block, before);
    p.facts = facts;
    learn(p, learnt);
    const value = build();
    if (!builder.terminated) endings.push({ block: builder.current, value, node });
  };
  if (branching.known !== false) side(yes, branching.then, then);
  if (branching.known !== true) side(no, branching.otherwise, otherwise);
  builder.seal(yes);
  builder.seal(no);
  p.facts = facts;
  return merge(p, endings, before, node);
}

export function logical(p: Program, node: Tree): Value {
  const operator = node.operator;
  if (operator === "&&" || operator === "||")
    // As conditions they are numbers 0 and 1; as values one of the two sides.
    return choice(
      p,
      node,
      node.left,
      () => (operator === "&&" ? truthValue(p, node.right) : constant(true)),
      () => (operator === "&&" ? constant(false) : truthValue(p, node.right)),
    );
  const value = expression(p, node.left);
  if (value.kind === "constant")
    return value.value === undefined || value.value === null ? expression(p, node.right) : value;
  if (value.kind !== "maybe" && value.kind !== "maybeReference") return value;
  return ifFoundOr(p, node, value, node.right);
}

/** `a && b` as a value: only whether it holds is known in the kernel. */
function truthValue(p: Program, node: Node): Value {
  const value = expression(p, node);
  if (value.kind === "constant") return constant(Boolean(value.value));
  if (value.kind === "scalar" && value.type === BOOL) return value;
  return choice(
    p,
    node,
    node,
    () => constant(true),
    () => constant(false),
  );
}

/** Two ways, by whether a look-up found something. */
export function ifFound(
  p: Program,
  node: Node,
  value: Value & { kind: "maybe" | "maybeReference" },
  there: (found: Value) => Value,
  missing: () => Value,
): Value {
  const { builder, facts } = p;
  const before = builder.current;
  const [yes, no] = [builder.block("found"), builder.block("missing")];
  builder.branch({ kind: "ne", a: presence(value), b: p.constant(0) }, yes, no, true);
  const endings: Ending[] = [];
  for (const [block, build] of [
    [yes, () => there(found(p, value))],
    [no, missing],
  ] as const) {
    p.enter(block, before);
    const result = build();
    if (!builder.terminated) endings.push({ block: builder.current, value: result, node });
    p.facts = facts;
  }
  return merge(p, endings, before, node);
}

/** `a?.b`: nothing if a look-up found nothing. */
export function chain(p: Program, node: Tree): Value {
  if (node.type === "MemberExpression" && node.optional) {
    const outer = expression(p, node.object);
    if (outer.kind === "maybe" || outer.kind === "maybeReference")
      return ifFound(
        p,
        node,
        outer,
        (there) => member(p, node, there),
        () => UNDEFINED,
      );
    return member(p, node, outer);
  }
  return expression(p, node);
}

/** What a look-up found, or the value of `otherwise`. */
export function ifFoundOr(
  p: Program,
  node: Node,
  value: Value & { kind: "maybe" | "maybeReference" },
  otherwise: Node,
): Value {
  return ifFound(
    p,
    node,
    value,
    (there) => there,
    () => expression(p, otherwise),
  );
}
