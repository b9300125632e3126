/** Statements: one case for each kind of node. */
import { refuse } from "../../diagnostics/index.ts";
import type { Block } from "../../ir/index.ts";
import * as messages from "../messages/handlers.ts";
import { spanOf, type Node, type Tree } from "../syntax/ast.ts";
import { assign, update } from "./assignments.ts";
import { test } from "./conditions.ts";
import { expression, nameOf } from "./expressions.ts";
import { learn } from "./facts.ts";
import { forLoop, forOf, whileLoop } from "./loops.ts";
import { comparison } from "./operators.ts";
import { bindPattern } from "./patterns.ts";
import type { Program } from "./program.ts";
import { Scope } from "./scope.ts";
import { UNDEFINED, type Value } from "./value.ts";

/** One after the other, up to the first that nothing comes after. */
export function statements(p: Program, list: readonly Node[]): void {
  for (const node of list)
    if (node.type === "FunctionDeclaration") {
      const { name } = (node as Tree).id as { name: string };
      p.scope.declare(name, {
        kind: "value",
        value: { kind: "closure", node: node as never, scope: p.scope },
        constant: true,
      });
    }
  // The scope around is what a name changed in these statements may belong to.
  const whole: Node = { type: "Block", start: list[0]?.start ?? 0, end: list.at(-1)?.end ?? 0, body: list } as never;
  for (const node of list) {
    if (p.builder.terminated) return;
    p.at(node, () => statement(p, node as Tree, whole));
  }
}

export function block(p: Program, node: Node): void {
  const { facts } = p;
  if (node.type === "BlockStatement") p.inside(new Scope(p.scope), () => statements(p, bodyOf(node)));
  else p.at(node, () => statement(p, node as Tree, node));
  // What an inner block learnt stays true after it, unless other ways lead there: callers that join say so.
  if (p.builder.terminated) p.facts = facts;
}

/** The statements of a block. */
function bodyOf(block: Node): readonly Node[] {
  return (block as unknown as { readonly body: readonly Node[] }).body;
}

function statement(p: Program, node: Tree, within: Node): void {
  switch (node.type) {
    case "EmptyStatement":
    case "FunctionDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSInterfaceDeclaration":
      return;
    case "ExpressionStatement":
      return effect(p, node.expression);
    case "VariableDeclaration":
      return declaration(p, node, within);
    case "BlockStatement":
      return block(p, node);
    case "IfStatement":
      return ifStatement(p, node);
    case "ReturnStatement":
      return returnStatement(p, node);
    case "ForStatement":
      return forLoop(p, node, undefined);
    case "ForOfStatement":
      return forOf(p, node, undefined);
    case "WhileStatement":
    case "DoWhileStatement":
      return whileLoop(p, node, undefined);
    case "LabeledStatement":
      return labeled(p, node);
    case "BreakStatement":
    case "ContinueStatement":
      return jump(p, node);
    case "SwitchStatement":
      return switchStatement(p, node);
    default:
      return refuse(messages.unsupported, spanOf(node), NAMES[node.type] ?? nameOf(node.type), INSTEAD[node.type]);
  }
}

const NAMES: Readonly<Record<string, string>> = {
  TryStatement: "try",
  ThrowStatement: "throw",
  ForInStatement: "for...in",
  ClassDeclaration: "a class",
  DebuggerStatement: "debugger",
  WithStatement: "with",
  TSEnumDeclaration: "an enum inside a function",
};
const INSTEAD: Readonly<Record<string, string>> = {
  TryStatement: "nothing throws there: reads that fail give zeros, look-ups give undefined",
  ThrowStatement: "return, or count what went wrong in a counter",
  ForInStatement: "name the fields, or loop over a range: for (const i of range(8))",
  ClassDeclaration: "write functions",
  TSEnumDeclaration: "declare it in the module",
};

/** An expression for what it does. */
export function effect(p: Program, node: Tree): void {
  if (node.type === "AssignmentExpression") return void p.at(node, () => assign(p, node, false));
  if (node.type === "UpdateExpression") return void p.at(node, () => update(p, node, false));
  expression(p, node);
}

function declaration(p: Program, node: Tree, within: Node): void {
  const kind = node.kind;
  if (kind === "var") return refuse(messages.unsupported, spanOf(node), "var", "write const or let");
  if (kind !== "const" && kind !== "let") return refuse(messages.unsupported, spanOf(node), kind, "write const");
  for (const declarator of node.declarations) {
    const init = declarator.init as Node | null;
    const value = init === null ? UNDEFINED : expression(p, init);
    bindPattern(p, declarator.id, value, within, kind, init ?? declarator);
  }
}

function ifStatement(p: Program, node: Tree): void {
  const { builder, facts } = p;
  const before = builder.current;
  const [yes, no, join] = [builder.block("then"), builder.block("else"), builder.block("join")];
  const branching = test(p, node.test, yes, no);
  const alternate = node.alternate as Node | null;
  let kept: typeof facts | undefined;
  let ways = 0;
  const side = (at: Block, learnt: typeof branching.then, build: () => void): void => {
    p.enter(at, before);
    p.facts = facts;
    learn(p, learnt);
    build();
    if (builder.terminated) return;
    kept = p.facts;
    ways++;
    builder.jump(join);
  };
  if (branching.known === false) builder.seal(yes);
  else side(yes, branching.then, () => block(p, node.consequent));
  if (branching.known === true) builder.seal(no);
  else side(no, branching.otherwise, () => (alternate === null ? undefined : block(p, alternate)));
  builder.seal(join);
  // Where only one way leads on, what was learnt on it holds from here.
  p.facts = ways === 1 && kept !== undefined ? kept : facts;
  if (ways > 0) p.enter(join, before);
}

function returnStatement(p: Program, node: Tree): void {
  const argument = node.argument as Node | null;
  const value: Value = argument === null ? UNDEFINED : expression(p, argument);
  p.activations.at(-1)!.leave(value, argument ?? node);
}

function labeled(p: Program, node: Tree): void {
  const { name } = node.label as { name: string };
  const body = node.body;
  switch (body.type) {
    case "ForStatement":
      return forLoop(p, body, name);
    case "ForOfStatement":
      return forOf(p, body, name);
    case "WhileStatement":
    case "DoWhileStatement":
      return whileLoop(p, body, name);
    default:
      return refuse(messages.unsupported, spanOf(node), "a label on what is no loop", undefined);
  }
}

function jump(p: Program, node: Tree): void {
  const label = (node.label as { name: string } | null)?.name;
  const { loops } = p.activations.at(-1)!;
  const isBreak = node.type === "BreakStatement";
  const loop = loops.findLast((each) =>
    label === undefined ? isBreak || each.next !== undefined : each.label === label,
  );
  const to = isBreak ? loop?.exit : loop?.next;
  if (to === undefined)
    return refuse(messages.unsupported, spanOf(node), `${isBreak ? "break" : "continue"} outside of a loop`, undefined);
  p.builder.jump(to);
}

/** Cases are tested one after the other; several labels may share one body. */
function switchStatement(p: Program, node: Tree): void {
  const { builder, facts } = p;
  const subject = expression(p, node.discriminant);
  const before = builder.current;
  const exit = builder.block("switched");
  const { cases } = node;
  const bodies: { readonly at: Block; readonly list: readonly Node[]; readonly node: Node }[] = [];
  const last = cases.at(-1);
  const { loops } = p.activations.at(-1)!;
  let fallback: Block = exit;
  let pending: Block | undefined;
  for (const each of cases) {
    const at = pending ?? builder.block("case");
    pending = each.consequent.length === 0 && each !== last ? at : undefined;
    if (each.consequent.length > 0 || each === last) bodies.push({ at, list: each.consequent, node: each });
    if (each.test === null) {
      fallback = at;
      continue;
    }
    const value = expression(p, each.test);
    const outcome = comparison(p, "===", subject, value, {
      ...each,
      left: node.discriminant,
      right: each.test,
    } as never);
    const next = builder.block("next");
    const here = builder.current;
    if (outcome.kind === "tested") builder.branch(outcome.condition, at, next);
    else builder.jump(outcome.value ? at : next);
    p.enter(next, here);
  }
  builder.jump(fallback);
  loops.push({ label: undefined, exit, next: undefined });
  p.inside(new Scope(p.scope), () => {
    for (const [index, { at, list, node: each }] of bodies.entries()) {
      p.enter(at, before);
      p.facts = facts;
      statements(
        p,
        list.flatMap((item) => (item.type === "BlockStatement" && list.length === 1 ? bodyOf(item) : [item])),
      );
      if (builder.terminated) continue;
      if (index < bodies.length - 1) refuse(messages.fallThrough, spanOf(each));
      builder.jump(exit);
    }
  });
  loops.pop();
  p.facts = facts;
  builder.seal(exit);
  if (exit.predecessors.length > 0) p.enter(exit, before);
}
