/** Loops. The verifier follows each turn of them, so their number must be small and visible to it. */
import type { Block } from "../../ir/index.ts";
import type { ForRange, Unroll, While } from "../ast.ts";
import { constantArgument } from "./calls.ts";
import { test } from "./conditions.ts";
import type { Handler } from "./handler.ts";
import { rangeNotConstant, refuse, unrollTooMuch } from "./messages.ts";

const LARGEST_UNROLL = 100;
const LARGEST_RANGE = 10_000;

/** `unroll (n) { }`: the body n times over. */
export function unroll(h: Handler, s: Unroll, body: () => void): void {
  const { builder } = h;
  const count = constantArgument(h, s.count);
  if (count < 1 || count > LARGEST_UNROLL) return refuse(unrollTooMuch, s.count.span, LARGEST_UNROLL);
  const exit = builder.block("unrolled");
  const start = builder.current;
  for (let turn = 0; turn < count && !builder.terminated; turn++) {
    const before = builder.current;
    const next = builder.block("turn");
    inLoop(h, exit, next, body);
    if (!builder.terminated) builder.jump(next);
    builder.seal(next);
    if (next.predecessors.length > 0) h.enter(next, before);
  }
  if (!builder.terminated) builder.jump(exit);
  builder.seal(exit);
  if (exit.predecessors.length > 0) h.enter(exit, start);
}

export function whileLoop(h: Handler, s: While, body: () => void): void {
  const { builder } = h;
  const head = builder.block("while");
  const inside = builder.block("body");
  const exit = builder.block("done");
  const before = builder.current;
  builder.jump(head);
  h.enterUnsealed(head, before);
  test(h, s.condition, inside, exit);
  h.enter(inside, head);
  inLoop(h, exit, head, body);
  if (!builder.terminated) builder.jump(head);
  builder.seal(head);
  h.enter(exit, head);
}

/** `for ($i : a..b) { }`, b excluded. */
export function forRange(h: Handler, s: ForRange, body: () => void): void {
  const { builder } = h;
  const from = constantArgument(h, s.from);
  const to = constantArgument(h, s.to);
  if (to - from > LARGEST_RANGE) return refuse(rangeNotConstant, s.span, LARGEST_RANGE);
  const variable = h.variable(s.variable.name);
  const counter = builder.variable("counter");
  builder.write(counter, h.constant(from));
  const [head, inside, next, exit] = [
    builder.block("for"),
    builder.block("body"),
    builder.block("next"),
    builder.block("done"),
  ];
  const before = builder.current;
  builder.jump(head);
  h.enterUnsealed(head, before);
  builder.branch({ kind: "slt", a: builder.read(counter), b: h.constant(to) }, inside, exit);
  h.enter(inside, head);
  builder.write(variable, builder.read(counter));
  inLoop(h, exit, next, body);
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

function inLoop(h: Handler, exit: Block, next: Block, body: () => void): void {
  h.loops.push({ exit, next });
  body();
  h.loops.pop();
}
