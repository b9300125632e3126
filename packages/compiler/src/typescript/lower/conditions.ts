/** Conditions as branches. */
import { refuse } from "../../diagnostics/index.ts";
import type { Block, CompareOp } from "../../ir/index.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node, type Tree } from "../syntax/ast.ts";
import { isScalar } from "../types/type.ts";
import { expression } from "./expressions.ts";
import { foundFact, learn, NOTHING, presence, type Branching } from "./facts.ts";
import { comparison, isComparison } from "./operators.ts";
import type { Program } from "./program.ts";
import { describeValue, scalarOf } from "./scalar.ts";
import type { Binding, Value } from "./value.ts";

/** Goes to `then` if `node` is true in JavaScript's sense, else to `otherwise`. */
export function test(p: Program, node: Node, then: Block, otherwise: Block): Branching {
  return p.at(node, () => branch(p, node as Tree, then, otherwise));
}

function branch(p: Program, node: Tree, then: Block, otherwise: Block): Branching {
  switch (node.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "ParenthesizedExpression":
      return test(p, node.expression, then, otherwise);
    case "UnaryExpression": {
      if (node.operator !== "!") break;
      const { then: facts, otherwise: others, known } = test(p, node.argument, otherwise, then);
      return { then: others, otherwise: facts, ...(known === undefined ? {} : { known: !known }) };
    }
    case "LogicalExpression":
      if (node.operator === "&&") return both(p, node, then, otherwise, false);
      if (node.operator === "||") return both(p, node, otherwise, then, true);
      break;
    case "BinaryExpression": {
      const operator = node.operator;
      if (operator === "===" || operator === "!==") {
        const tested = testedForNothing(p, node);
        if (tested !== undefined) {
          const [there, missing] = operator === "===" ? [otherwise, then] : [then, otherwise];
          const result = isThere(p, tested, there, missing);
          return operator === "!==" ? result : swapped(result);
        }
      }
      if (!isComparison(operator)) break;
      const left = expression(p, node.left);
      const right = expression(p, node.right);
      const outcome = comparison(p, operator, left, right, node);
      if (outcome.kind === "known") return always(p, outcome.value, then, otherwise);
      p.builder.branch(outcome.condition, then, otherwise);
      return foundByComparison(p, node, left, operator);
    }
    default:
  }
  return truth(p, node, then, otherwise);
}

/** What equals a value was found. */
function foundByComparison(p: Program, node: Tree, left: Value, operator: string): Branching {
  const binding = left.kind === "maybe" ? bindingOf(p, node.left) : undefined;
  if (left.kind !== "maybe" || binding === undefined) return NOTHING;
  const facts = [foundFact(p, binding, left)];
  if (operator === "===") return { then: facts, otherwise: [] };
  return operator === "!==" ? { then: [], otherwise: facts } : NOTHING;
}

/**
 * `a && b`, with `next` where b decides and `short` where a alone does. `a || b` is the same with the
 * sides exchanged and a negated.
 */
function both(p: Program, node: Tree, yes: Block, no: Block, negated: boolean): Branching {
  const { builder } = p;
  const before = builder.current;
  const middle = builder.block(negated ? "or" : "and");
  const first = negated ? swapped(test(p, node.left, no, middle)) : test(p, node.left, middle, no);
  const { facts } = p;
  if (first.known === false) {
    builder.seal(middle);
    return negated ? { ...NOTHING, known: true } : { ...NOTHING, known: false };
  }
  p.enter(middle, before);
  learn(p, first.then);
  const second = negated ? swapped(test(p, node.right, no, yes)) : test(p, node.right, yes, no);
  p.facts = facts;
  const known = first.known === true ? second.known : undefined;
  const result: Branching = {
    then: [...first.then, ...second.then],
    otherwise: first.known === true ? second.otherwise : [],
    ...(known === undefined ? {} : { known }),
  };
  return negated ? swapped(result) : result;
}

function swapped({ then, otherwise, known }: Branching): Branching {
  return { then: otherwise, otherwise: then, ...(known === undefined ? {} : { known: !known }) };
}

function always(p: Program, known: boolean, then: Block, otherwise: Block): Branching {
  p.builder.jump(known ? then : otherwise);
  return { ...NOTHING, known };
}

interface Tested {
  readonly value: Value;
  readonly binding: Binding | undefined;
  readonly node: Node;
}

/** The other side of a comparison with undefined or null. */
function testedForNothing(p: Program, node: Tree): Tested | undefined {
  const [left, right] = [node.left as Node, node.right as Node];
  const other = isNothing(right) ? left : isNothing(left) ? right : undefined;
  return other && { value: expression(p, other), binding: bindingOf(p, other), node: other };
}

function isNothing(node: Node): boolean {
  const { name, value, raw } = node as { name?: string; value?: unknown; raw?: string };
  return (
    (node.type === "Identifier" && name === "undefined") ||
    (node.type === "Literal" && value === null && raw === "null")
  );
}

function bindingOf(p: Program, node: Node): Binding | undefined {
  if (node.type === "AssignmentExpression") return undefined;
  return node.type === "Identifier" ? p.scope.find((node as unknown as { name: string }).name) : undefined;
}

function isThere(p: Program, tested: Tested, there: Block, missing: Block): Branching {
  const { value, binding } = tested;
  if (value.kind === "maybe" || value.kind === "maybeReference") {
    p.builder.branch({ kind: "ne", a: presence(value), b: p.constant(0) }, there, missing, true);
    return { then: binding === undefined ? [] : [foundFact(p, binding, value)], otherwise: [] };
  }
  if (value.kind === "constant") return always(p, value.value !== undefined && value.value !== null, there, missing);
  if (value.kind === "scalar" && value.type.kind === "pointer") {
    p.builder.branch({ kind: "ne", a: value.inst, b: p.constant(0) }, there, missing);
    return NOTHING;
  }
  return always(p, true, there, missing);
}

function truth(p: Program, node: Node, then: Block, otherwise: Block): Branching {
  const value = expression(p, node);
  const nonZero: CompareOp = "ne";
  switch (value.kind) {
    case "constant":
      return always(p, Boolean(value.value), then, otherwise);
    case "maybeReference":
      return isThere(p, { value, binding: bindingOf(p, node), node }, then, otherwise);
    case "maybe": {
      if (value.value.kind === "memory")
        return isThere(p, { value, binding: bindingOf(p, node), node }, then, otherwise);
      // As in JavaScript, a zero that was found is as false as nothing.
      const { builder } = p;
      const before = builder.current;
      const present = builder.block("present");
      builder.branch({ kind: nonZero, a: value.present, b: p.constant(0) }, present, otherwise);
      p.enter(present, before);
      builder.branch({ kind: nonZero, a: value.value.inst, b: p.constant(0) }, then, otherwise);
      const binding = bindingOf(p, node);
      return { then: binding === undefined ? [] : [foundFact(p, binding, value)], otherwise: [] };
    }
    case "memory":
      if (!isScalar(value.type) && value.type.kind !== "text") return always(p, true, then, otherwise);
      return refuse(messages.notANumber, spanOf(node), describeValue(value));
    case "object":
    case "list":
    case "host":
    case "closure":
      return always(p, true, then, otherwise);
    default:
      p.builder.branch({ kind: nonZero, a: scalarOf(p, value, node).inst, b: p.constant(0) }, then, otherwise);
      return NOTHING;
  }
}
