/**
 * Loops. The verifier follows each turn of a plain one, so their number must be small and known; other
 * loops are made of a body that the kernel calls back (callbacks.ts), where it can (5.17; over maps 5.13).
 */
import { pointerTo, SCALAR, type Block, type Inst } from "../../ir/index.ts";
import type { Assign, Expr, ForMap, ForRange, Stmt, Unroll, While } from "../ast.ts";
import { readAggregate } from "./aggregates.ts";
import { callBack } from "./callbacks.ts";
import { constantArgument } from "./calls.ts";
import { test } from "./conditions.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { Helper } from "../../lowering/helpers.ts";
import { alignUp, fieldSize, isScalar } from "./layout.ts";
import { planOf } from "./maps.ts";
import { noMapLoops, noOpenLoops, refuse, unrollTooMuch } from "./messages.ts";
import { walk, type AnyNode } from "./walk.ts";

const LARGEST_UNROLL = 100;
/** Turns of plain loops, those of loops inside of each other multiplied, where the kernel offers no better. */
const MOST_TURNS = 10_000;
/** Where bpf_loop is there, a plain loop of more turns than this is dearer to verify than its calls are to run. */
const FEW_TURNS = 128;

/** What is assumed of a loop whose turns are counted only when it is built. */
const GUESSED_TURNS = 8;

type Body = (h: Handler) => void;

/** `unroll (n) { }`: the body n times over. */
export function unroll(h: Handler, s: Unroll, body: Body): void {
  const { builder } = h;
  const count = constantArgument(h, s.count);
  if (count < 1 || count > LARGEST_UNROLL) return refuse(unrollTooMuch, s.count.span, LARGEST_UNROLL);
  const exit = builder.block("unrolled");
  const start = builder.current;
  for (let turn = 0; turn < count && !builder.terminated; turn++) {
    const before = builder.current;
    const next = builder.block("turn");
    inLoop(h, exit, next, 1, body);
    if (!builder.terminated) builder.jump(next);
    builder.seal(next);
    if (next.predecessors.length > 0) h.enter(next, before);
  }
  if (!builder.terminated) builder.jump(exit);
  builder.seal(exit);
  if (exit.predecessors.length > 0) h.enter(exit, start);
}

/**
 * Whether a loop of so many turns (undefined: nobody knows) is built plainly. Refused where neither way is
 * open. What is called back is verified anew in every turn of a plain loop around it, so that the loops
 * inside count, too.
 */
function isPlain(h: Handler, turns: number | undefined, loop: ForRange | While): boolean {
  const all = turns === undefined ? Infinity : turns * h.turns;
  if (h.object.target.features.loop === true) return all * turnsInside(h, loop.body) <= FEW_TURNS;
  if (all > MOST_TURNS) refuse(noOpenLoops, loop.span, MOST_TURNS);
  return true;
}

/** The turns of the loops in a piece of tree, those inside of each other multiplied; of the longest, where there are several. */
function turnsInside(h: Handler, node: AnyNode): number {
  let most = 1;
  for (const value of Object.values(node))
    for (const part of Array.isArray(value) ? value : [value])
      if (typeof part === "object" && part !== null && "kind" in part)
        most = Math.max(most, turnsInside(h, part as AnyNode));
  return most * ownTurns(h, node);
}

function ownTurns(h: Handler, node: AnyNode): number {
  switch (node.kind) {
    case "forMap":
      return Infinity;
    case "while":
      return GUESSED_TURNS;
    case "forRange": {
      const { from, to } = node as ForRange;
      const [start, end] = [constantOf(h, from), constantOf(h, to)];
      return start === undefined || end === undefined ? Infinity : Math.max(1, Number(end - start));
    }
    default:
      return 1;
  }
}

export function whileLoop(h: Handler, s: While, body: Body): void {
  const turns = turnsOf(h, s);
  if (!isPlain(h, turns, s)) return openLoop(h, s, body);
  const { builder } = h;
  const head = builder.block("while");
  const inside = builder.block("body");
  const exit = builder.block("done");
  const before = builder.current;
  builder.jump(head);
  h.enterUnsealed(head, before);
  test(h, s.condition, inside, exit);
  h.enter(inside, head);
  inLoop(h, exit, head, turns ?? 1, body);
  if (!builder.terminated) builder.jump(head);
  builder.seal(head);
  h.enter(exit, head);
}

/** As many turns as bpf_loop makes at most (8 million), each of which begins with the condition. */
function openLoop(h: Handler, s: While, body: Body): void {
  callBack(h, {
    params: [SCALAR],
    uses: [s.condition, s.body],
    span: s.span,
    turn: (turn) => {
      const loop = turn.loops.at(-1)!;
      const before = turn.builder.current;
      const [inside, done] = [turn.builder.block("body"), turn.builder.block("done")];
      test(turn, s.condition, inside, done);
      turn.enter(done, before);
      turn.builder.jump(loop.exit);
      turn.enter(inside, before);
      body(turn);
    },
    call: (func, record) => repeat(h, h.constant(1 << 23), func, record),
  });
}

function repeat(h: Handler, turns: Inst, func: Inst, record: Inst): void {
  h.builder.call(Helper.loop, [turns, func, record, h.constant(0)]);
}

/**
 * How many turns `while ($i < constant) { ... $i++; ... }` makes, where that can be seen: the variable starts
 * as a constant, is changed once and in every turn, by a constant. Undefined for all others.
 */
function turnsOf(h: Handler, s: While): number | undefined {
  const { condition, body } = s;
  if (condition.kind !== "binary" || condition.left.kind !== "variable") return undefined;
  const { name } = condition.left;
  const limit = constantOf(h, condition.right);
  const start = h.builder.read(h.variable(name));
  const at = body.body.findIndex((statement) => stepOf(h, statement, name) !== undefined);
  const step = at < 0 ? undefined : stepOf(h, body.body[at]!, name);
  if (limit === undefined || start.op !== "const" || step === undefined) return undefined;
  let steady = true;
  for (const statement of body.body.slice(0, at))
    walk(statement, (node) => {
      if (node.kind === "jump" && (node as Stmt & { kind: "jump" }).what === "continue") steady = false;
    });
  let changes = 0;
  walk(body, (node) => {
    if (node.kind === "update" && isNamed((node as { target?: Expr }).target, name)) changes++;
    if ((node.kind === "assign" || node.kind === "let") && isNamed((node as Assign).variable, name)) changes++;
  });
  if (!steady || changes !== 1) return undefined;
  return countTurns(condition.op, BigInt.asIntN(64, start.value), limit, step);
}

function countTurns(op: string, start: bigint, limit: bigint, step: bigint): number | undefined {
  const last = op === "<" ? limit - 1n : op === ">" ? limit + 1n : limit;
  const rising = op === "<" || op === "<=";
  if (!rising && op !== ">" && op !== ">=") return undefined;
  if (rising !== step > 0n) return undefined;
  const distance = rising ? last - start : start - last;
  return distance < 0n ? 0 : Number(distance / (step < 0n ? -step : step)) + 1;
}

function isNamed(e: Expr | undefined, name: string): boolean {
  return e?.kind === "variable" && e.name === name;
}

/** By how much a statement changes the variable. */
function stepOf(h: Handler, s: Stmt, name: string): bigint | undefined {
  if (s.kind === "exprStmt" && s.expr.kind === "update" && isNamed(s.expr.target, name))
    return s.expr.op === "++" ? 1n : -1n;
  if (s.kind !== "assign" || s.variable.name !== name) return undefined;
  const amount = constantOf(h, s.value);
  if (amount === undefined || amount <= 0n) return undefined;
  return s.op === "+" ? amount : s.op === "-" ? -amount : undefined;
}

function constantOf(h: Handler, e: Expr): bigint | undefined {
  if (e.kind === "int") return e.value;
  const known = h.variant.constants.get(e);
  return typeof known === "bigint" ? known : undefined;
}

/** `for ($i : a..b) { }`, b excluded; both are computed once, before the first turn. */
export function forRange(h: Handler, s: ForRange, body: Body): void {
  const { builder } = h;
  const [from, to] = [scalar(h, s.from), scalar(h, s.to)];
  const turns =
    from.op === "const" && to.op === "const"
      ? Math.max(0, Number(BigInt.asIntN(64, to.value) - BigInt.asIntN(64, from.value)))
      : undefined;
  if (!isPlain(h, turns, s)) return openRange(h, s, from, to, body);
  const variable = h.variable(s.variable.name);
  const counter = builder.variable("counter");
  builder.write(counter, from);
  const [head, inside, next, exit] = [
    builder.block("for"),
    builder.block("body"),
    builder.block("next"),
    builder.block("done"),
  ];
  const before = builder.current;
  builder.jump(head);
  h.enterUnsealed(head, before);
  builder.branch({ kind: "slt", a: builder.read(counter), b: to }, inside, exit);
  h.enter(inside, head);
  builder.write(variable, builder.read(counter));
  inLoop(h, exit, next, turns ?? 1, body);
  if (!builder.terminated) builder.jump(next);
  builder.seal(next);
  if (next.predecessors.length > 0) {
    h.enter(next, head);
    builder.write(counter, builder.binary("add", builder.read(counter), h.constant(1)));
    builder.jump(head);
  }
  builder.seal(head);
  h.enter(exit, head);
}

/** The kernel numbers the turns from 0; where the range starts is one of the shared variables. */
function openRange(h: Handler, s: ForRange, from: Inst, to: Inst, body: Body): void {
  const { builder } = h;
  const name = s.variable.name;
  h.when({ kind: "sgt", a: to, b: from }, () => {
    const start = h.temporaryVariable(from);
    callBack(h, {
      params: [SCALAR],
      uses: [s.body],
      shares: [start],
      span: s.span,
      turn: (turn) => {
        const index = turn.builder.extend(turn.builder.param(0), 32, false);
        turn.builder.write(
          turn.variable(name),
          turn.builder.binary("add", turn.builder.read(turn.variable(start)), index),
        );
        body(turn);
      },
      call: (func, record) => repeat(h, builder.binary("sub", to, from), func, record),
    });
  });
}

/** `for ($kv : @map) { }`: the variable is the pair of a key and its value. */
export function forMap(h: Handler, s: ForMap, body: Body): void {
  const { builder } = h;
  if (h.object.target.features.forEachMapElem !== true) return refuse(noMapLoops, s.map.span, s.map.name);
  const plan = planOf(h, s.map);
  const { info } = plan;
  callBack(h, {
    params: [SCALAR, pointerTo("mapValue"), pointerTo("mapValue")],
    uses: [s.body],
    span: s.span,
    turn: (turn) => {
      const pair = turn.memoryVariable(s.variable.name);
      const [key, value] = [turn.builder.param(1), turn.builder.param(2)];
      const { keySize } = plan.spec;
      turn.builder.copy(pair.base, pair.offset, key, 0, keySize);
      const at = pair.offset + keySize;
      if (info.value.kind === "aggregate")
        turn.builder.store(pair.base, at, 8, readAggregate(turn, plan, key, value, s.map));
      else if (isScalar(info.value.type)) turn.builder.store(pair.base, at, 8, turn.builder.load(value, 0, 8));
      else turn.builder.copy(pair.base, at, value, 0, alignUp(fieldSize(info.value.type)));
      body(turn);
    },
    call: (func, record) =>
      builder.call(Helper.forEachMapElem, [builder.map(plan.spec.name), func, record, h.constant(0)]),
  });
}

function inLoop(h: Handler, exit: Block, next: Block, turns: number, body: Body): void {
  const outer = h.turns;
  h.turns = outer * Math.max(1, turns);
  h.loops.push({ exit, next });
  body(h);
  h.loops.pop();
  h.turns = outer;
}
