/** Loops. The verifier follows each turn, so that their number must be bounded by what it can see. */
import { refuse } from "../../diagnostics/index.ts";
import type { Block } from "../../ir/index.ts";
import { buildCopies, buildLoop, buildRange } from "../../lowering/loops.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node, type Tree } from "../syntax/ast.ts";
import { intrinsicName } from "../authoring/intrinsics.ts";
import { S64, U64 } from "../types/type.ts";
import { test } from "./conditions.ts";
import { expression } from "./expressions.ts";
import { hostValue } from "./hosts.ts";
import { bindPattern } from "./patterns.ts";
import type { Program } from "./program.ts";
import { constantNumber, scalarOf } from "./scalar.ts";
import { Scope } from "./scope.ts";
import { block, effect } from "./statements.ts";
import { constant, type Value } from "./value.ts";

/** Turns that one loop may have where their number is known: the verifier follows a million instructions. */
const MOST_TURNS = 32_768;
/** Lists are walked by a copy of the body for each element. */
const MOST_COPIES = 256;

/** A turn, for `break` and `continue` with or without the label. What it proves holds in it alone. */
function turn(p: Program, label: string | undefined, exit: Block, next: Block, build: () => void): void {
  const { facts } = p;
  const { loops } = p.activations.at(-1)!;
  loops.push({ label, exit, next });
  build();
  loops.pop();
  p.facts = facts;
}

/** What a loop proves holds behind it no more: it may have ended in any turn. */
function forgetting(p: Program, build: () => void): void {
  const { facts } = p;
  build();
  p.facts = facts;
}

export function whileLoop(p: Program, node: Tree, label: string | undefined): void {
  forgetting(p, () =>
    buildLoop(p, {
      bodyFirst: node.type === "DoWhileStatement",
      head: (inside, exit) => void test(p, node.test, inside, exit),
      body: (exit, next) => turn(p, label, exit, next, () => block(p, node.body)),
    }),
  );
}

export function forLoop(p: Program, node: Tree, label: string | undefined): void {
  const [init, condition, update] = [node.init, node.test as Node | null, node.update];
  if (condition === null)
    return refuse(
      messages.unsupported,
      spanOf(node),
      "a loop without an end",
      "for (const i of range(64)) { ... if (done) break; }",
    );
  p.inside(new Scope(p.scope), () => {
    if (init?.type === "VariableDeclaration")
      for (const declarator of init.declarations)
        bindPattern(p, declarator.id, expression(p, declarator.init!), node, init.kind, declarator);
    else if (init !== null) effect(p, init);
    forgetting(p, () =>
      buildLoop(p, {
        head: (inside, exit) => void test(p, condition, inside, exit),
        body: (exit, next) => turn(p, label, exit, next, () => block(p, node.body)),
        step: () => (update === null ? undefined : effect(p, update)),
      }),
    );
  });
}

/** Over `range(...)`, which is a loop, or over a list, whose elements each get their turn here and now. */
export function forOf(p: Program, node: Tree, label: string | undefined): void {
  const right = node.right;
  const left = node.left;
  if (left.type !== "VariableDeclaration")
    return refuse(messages.unsupported, spanOf(left), "a loop without a variable of its own", "for (const x of ...)");
  const pattern = left.declarations[0]!.id as Node;
  if (right.type === "CallExpression") {
    const callee = expression(p, right.callee);
    if (callee.kind === "host" && intrinsicName(callee.value) === "range")
      return overRange(p, node, pattern, left.kind, label);
  }
  const list = elements(p, expression(p, right), right);
  if (list.length > MOST_COPIES)
    refuse(messages.tooComplex, spanOf(right), `a list of ${list.length} is walked by as many copies`);
  buildCopies(p, list, (item, exit, next) => {
    turn(p, label, exit, next, () =>
      p.inside(new Scope(p.scope), () => {
        bindPattern(p, pattern, item, node.body, left.kind, right);
        block(p, node.body);
      }),
    );
  });
}

function elements(p: Program, value: Value, node: Node): readonly Value[] {
  if (value.kind === "list") return value.items;
  if (value.kind === "host" && Symbol.iterator in value.value)
    return [...(value.value as Iterable<unknown>)]
      .slice(0, MOST_COPIES + 1)
      .map((item, index) => hostValue(p, item, `${value.name}[${index}]`, node));
  return refuse(
    messages.unsupported,
    spanOf(node),
    "a loop over this",
    "loop over range(n), or over a list of the module's",
  );
}

function overRange(p: Program, node: Tree, pattern: Node, kind: string, label: string | undefined): void {
  const right = node.right;
  const args = right.arguments.map((each) => expression(p, each));
  if (args.length < 1 || args.length > 2)
    refuse(messages.argumentCount, spanOf(right), "range()", "one number, or two", args.length);
  const [from, to] = args.length === 1 ? [constant(0n), args[0]!] : [args[0]!, args[1]!];
  const [start, end] = [constantNumber(from), constantNumber(to)];
  if (start !== undefined && end !== undefined && end - start > BigInt(MOST_TURNS))
    refuse(
      messages.tooComplex,
      spanOf(right),
      `${end - start} turns are more than the ${MOST_TURNS} that the kernel would follow`,
    );
  const first = scalarOf(p, from, right).inst;
  const limit = scalarOf(p, to, right);
  const signed =
    (limit.type.kind === "int" && limit.type.signed && end === undefined) || (start !== undefined && start < 0n);
  forgetting(p, () =>
    buildRange(p, first, limit.inst, signed, (counter, exit, next) => {
      const value: Value = { kind: "scalar", inst: counter, type: signed ? S64 : U64 };
      turn(p, label, exit, next, () =>
        p.inside(new Scope(p.scope), () => {
          bindPattern(p, pattern, value, node.body, kind, right);
          block(p, node.body);
        }),
      );
    }),
  );
}
