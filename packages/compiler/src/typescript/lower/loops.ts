/** Loops. The verifier follows each turn, so that their number must be bounded by what it can see. */
import { refuse } from "../../diagnostics/index.ts";
import type { Block } from "../../ir/index.ts";
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

interface Parts {
  readonly label: string | undefined;
  /** Goes to `inside` or `exit`; absent if the body runs once before anything is tested. */
  readonly head: (inside: Block, exit: Block) => void;
  readonly body: () => void;
  readonly step: () => void;
  readonly first?: boolean;
}

function loop(p: Program, { label, head, body, step, first = false }: Parts): void {
  const { builder, facts } = p;
  const [top, inside, next, exit] = [
    builder.block("loop"),
    builder.block("body"),
    builder.block("next"),
    builder.block("done"),
  ];
  const before = builder.current;
  const { loops } = p.activations.at(-1)!;
  // do { } while: the first turn comes before the test.
  builder.jump(first ? inside : top);
  if (!first) {
    p.enterUnsealed(top, before);
    head(inside, exit);
    p.enter(inside, top);
  } else p.enterUnsealed(inside, before);
  const known = p.facts;
  loops.push({ label, exit, next });
  body();
  loops.pop();
  if (!builder.terminated) builder.jump(next);
  p.facts = known;
  builder.seal(next);
  if (next.predecessors.length > 0) {
    p.enter(next, first ? inside : top);
    step();
    builder.jump(top);
  }
  if (first) {
    builder.seal(top);
    if (top.predecessors.length > 0) {
      p.enter(top, inside);
      head(inside, exit);
    }
    builder.seal(inside);
  } else builder.seal(top);
  builder.seal(exit);
  p.facts = facts;
  if (exit.predecessors.length > 0) p.enter(exit, before);
}

export function whileLoop(p: Program, node: Tree, label: string | undefined): void {
  loop(p, {
    label,
    first: node.type === "DoWhileStatement",
    head: (inside, exit) => void test(p, node.test, inside, exit),
    body: () => block(p, node.body),
    step: () => {},
  });
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
    loop(p, {
      label,
      head: (inside, exit) => void test(p, condition, inside, exit),
      body: () => block(p, node.body),
      step: () => (update === null ? undefined : effect(p, update)),
    });
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
  const { builder } = p;
  const exit = builder.block("done");
  const before = builder.current;
  const { loops } = p.activations.at(-1)!;
  for (const item of list) {
    if (builder.terminated) break;
    const next = builder.block("next");
    const here = builder.current;
    loops.push({ label, exit, next });
    p.inside(new Scope(p.scope), () => {
      bindPattern(p, pattern, item, node.body, left.kind, right);
      block(p, node.body);
    });
    loops.pop();
    if (!builder.terminated) builder.jump(next);
    builder.seal(next);
    if (next.predecessors.length > 0) p.enter(next, here);
  }
  if (!builder.terminated) builder.jump(exit);
  builder.seal(exit);
  if (exit.predecessors.length > 0) p.enter(exit, before);
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
  const { builder } = p;
  const counter = builder.variable("i");
  builder.write(counter, scalarOf(p, from, right).inst);
  const limit = scalarOf(p, to, right);
  const signed =
    (limit.type.kind === "int" && limit.type.signed && end === undefined) || (start !== undefined && start < 0n);
  loop(p, {
    label,
    head: (inside, exit) =>
      builder.branch({ kind: signed ? "slt" : "ult", a: builder.read(counter), b: limit.inst }, inside, exit),
    body: () =>
      p.inside(new Scope(p.scope), () => {
        const value: Value = { kind: "scalar", inst: builder.read(counter), type: signed ? S64 : U64 };
        bindPattern(p, pattern, value, node.body, kind, right);
        block(p, node.body);
      }),
    step: () => builder.write(counter, builder.binary("add", builder.read(counter), p.constant(1))),
  });
}
