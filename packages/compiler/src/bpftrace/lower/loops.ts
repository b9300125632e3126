/**
 * Loops. The verifier follows each turn of a plain one, so their number must be small and known. Other
 * loops count their turns by an iterator of the kernel's (6.4), or are made of a body that it calls back
 * (callbacks.ts), where it can (5.17; over maps 5.13).
 */
import { pointerTo, SCALAR, type Block, type Inst } from "../../ir/index.ts";
import type {
  Assign,
  Binary,
  Builtin,
  Call,
  Expr,
  ForMap,
  ForRange,
  Let,
  MapRef,
  Span,
  Unroll,
  Update,
  Variable,
  While,
} from "../ast.ts";
import { readAggregate } from "./aggregates.ts";
import { callBack, sharedVariables } from "./callbacks.ts";
import { constantArgument } from "./calls.ts";
import { test } from "./conditions.ts";
import { scalar } from "./expressions.ts";
import type { Handler } from "./handler.ts";
import { Helper } from "../../lowering/helpers.ts";
import { buildIteration, MOST_LOOP_TURNS, type Iteration } from "../../lowering/iterators.ts";
import { buildCopies, buildLoop, buildRange } from "../../lowering/loops.ts";
import { alignUp, fieldSize, isScalar } from "./layout.ts";
import { planOf } from "./maps.ts";
import { noMapLoops, noOpenLoops, refuse, unrollTooMuch } from "./messages.ts";
import { turnsInside, turnsOf } from "./turns.ts";
import { walk, type AnyNode } from "./walk.ts";

const LARGEST_UNROLL = 100;
/** Turns of plain loops, those of loops inside of each other multiplied, where the kernel offers no better. */
const MOST_TURNS = 10_000;
/** Where bpf_loop is there, a plain loop of more turns than this is dearer to verify than its calls are to run. */
const FEW_TURNS = 128;

/** Places in an iterator's turn where it goes on in two ways: their combinations may each be another turn to the verifier. */
const FEW_FORKS = 3;

type Body = (h: Handler) => void;

/** `unroll (n) { }`: the body n times over. */
export function unroll(h: Handler, s: Unroll, body: Body): void {
  const count = constantArgument(h, s.count);
  if (count < 1 || count > LARGEST_UNROLL) return refuse(unrollTooMuch, s.count.span, LARGEST_UNROLL);
  buildCopies(h, Array(count).keys(), (_, exit, next) => inLoop(h, exit, next, 1, body));
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

export function whileLoop(h: Handler, s: While, body: Body): void {
  const turns = turnsOf(h, s);
  if (!isPlain(h, turns, s)) return openLoop(h, s, body);
  buildLoop(h, {
    head: (inside, exit) => test(h, s.condition, inside, exit),
    body: (exit, next) => inLoop(h, exit, next, turns ?? 1, body),
  });
}

/** As many turns as the kernel makes at most (8 million), each of which begins with the condition. */
function openLoop(h: Handler, s: While, body: Body): void {
  const carried = carriedByIterator(h, [s.condition, s.body]);
  if (carried !== undefined) {
    return iterate(h, h.constant(MOST_LOOP_TURNS), carried, (_, exit, next) => {
      const before = h.builder.current;
      const inside = h.builder.block("body");
      test(h, s.condition, inside, exit);
      h.enter(inside, before);
      inLoop(h, exit, next, 1, body);
    });
  }
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
    call: (func, record) => repeat(h, h.constant(MOST_LOOP_TURNS), func, record),
  });
}

function repeat(h: Handler, turns: Inst, func: Inst, record: Inst): void {
  h.builder.call(Helper.loop, [turns, func, record, h.constant(0)]);
}

function iterate(h: Handler, turns: Inst, carried: readonly string[], turn: Iteration["turn"]): void {
  buildIteration(h, { turns, carried: carried.map((name) => h.variable(name)), turn });
}

/** The calls that are a fork or two; others, such as stacks and searches of texts, are loops themselves. */
const SIMPLE_CALLS = new Set("printf print exit count sum avg min max stats hist lhist sizeof nsecs".split(" "));

/** Where a turn goes on in two ways: conditions, loops, and uses of maps and rings, whose entries may be missing. */
function forks(h: Handler, parts: readonly AnyNode[]): number {
  let count = 0;
  const isText = (e: Expr): boolean => {
    const type = h.variant.types.get(e);
    return type !== undefined && !isScalar(type);
  };
  const forksOf = (node: AnyNode): number => {
    switch (node.kind) {
      case "if":
      case "ternary":
      case "map":
      case "forRange":
      case "while":
        return 1;
      case "forMap":
        return Infinity;
      case "builtin":
        return isText(node as Builtin) ? Infinity : 0;
      case "call":
        return SIMPLE_CALLS.has((node as Call).name) ? 1 : Infinity;
      case "binary": {
        const { op, left } = node as Binary;
        return op === "&&" || op === "||" ? 1 : isText(left) ? Infinity : 0;
      }
      default:
        return 0;
    }
  };
  for (const part of parts) walk(part, (node) => (count += forksOf(node)));
  return count;
}

/**
 * Variables that the parts change and the code around them has, too; undefined where a body that is
 * called back serves better. One of many forks, since the verifier tells an iterator's turns apart by
 * what each way through the last one has left on the stack. One that changes a pointer, since it knows
 * of an iterator's what it points to and how far into it; from memory it comes as a number.
 */
function carriedByIterator(h: Handler, parts: readonly AnyNode[]): readonly string[] | undefined {
  if (h.object.target.features.numberIterator !== true || forks(h, parts) > FEW_FORKS) return undefined;
  const changed = new Set<string>();
  let pointers = false;
  const note = (target: AnyNode): void => {
    if (target.kind !== "variable") return;
    changed.add((target as Variable).name);
    pointers ||= h.typeOf(target as Variable).kind === "pointer";
  };
  for (const part of parts)
    walk(part, (node) => {
      if (node.kind === "assign" || node.kind === "let") note((node as Assign | Let).variable);
      if (node.kind === "update") note((node as Update).target);
    });
  return pointers ? undefined : sharedVariables(h, parts).filter((name) => changed.has(name));
}

/** `for ($i : a..b) { }`, b excluded; both are computed once, before the first turn. */
export function forRange(h: Handler, s: ForRange, body: Body): void {
  const [from, to] = [scalar(h, s.from), scalar(h, s.to)];
  const turns =
    from.op === "const" && to.op === "const"
      ? Math.max(0, Number(BigInt.asIntN(64, to.value) - BigInt.asIntN(64, from.value)))
      : undefined;
  if (!isPlain(h, turns, s)) return openRange(h, s, from, to, body);
  buildRange(h, from, to, true, (counter, exit, next) => {
    h.writeVariable(s.variable.name, counter);
    inLoop(h, exit, next, turns ?? 1, body);
  });
}

/** The kernel numbers the turns from 0. */
function openRange(h: Handler, s: ForRange, from: Inst, to: Inst, body: Body): void {
  const { builder } = h;
  const name = s.variable.name;
  h.when({ kind: "sgt", a: to, b: from }, () => {
    const turns = atMost(h, builder.binary("sub", to, from), MOST_LOOP_TURNS);
    const carried = carriedByIterator(h, [s.body]);
    if (carried !== undefined)
      return iterate(h, turns, carried, (index, exit, next) => {
        h.writeVariable(name, builder.binary("add", from, index));
        inLoop(h, exit, next, 1, body);
      });
    // Where the range starts is one of the shared variables.
    const start = h.temporaryVariable(from);
    callBack(h, {
      params: [SCALAR],
      uses: [s.body],
      shares: [start],
      span: s.span,
      turn: (turn) => {
        const index = turn.builder.extend(turn.builder.param(0), 32, false);
        turn.writeVariable(name, turn.builder.binary("add", turn.builder.read(turn.variable(start)), index));
        body(turn);
      },
      call: (func, record) => repeat(h, turns, func, record),
    });
  });
}

function atMost(h: Handler, value: Inst, most: number): Inst {
  const { builder } = h;
  if (value.op === "const" && value.value <= BigInt(most)) return value;
  const least = builder.variable("turns");
  builder.write(least, value);
  h.when({ kind: "ugt", a: value, b: h.constant(most) }, () => builder.write(least, h.constant(most)));
  return builder.read(least);
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

/** len(@map): bpf_for_each_map_elem answers how many entries it has called back for. */
export function countEntries(h: Handler, map: MapRef, span: Span): Inst {
  const { builder } = h;
  if (h.object.target.features.forEachMapElem !== true) return refuse(noMapLoops, map.span, map.name);
  let count = h.constant(0);
  callBack(h, {
    params: [SCALAR, pointerTo("mapValue"), pointerTo("mapValue")],
    uses: [],
    span,
    turn: () => undefined,
    call: (func, record) => {
      const handle = builder.map(planOf(h, map).spec.name);
      count = builder.call(Helper.forEachMapElem, [handle, func, record, h.constant(0)]);
    },
  });
  return count;
}

function inLoop(h: Handler, exit: Block, next: Block, turns: number, body: Body): void {
  const outer = h.turns;
  h.turns = outer * Math.max(1, turns);
  h.loops.push({ exit, next });
  body(h);
  h.loops.pop();
  h.turns = outer;
}
