/** The control flow of loops that the verifier follows turn by turn, and of bodies that are copied instead. */
import type { Block, Inst } from "../ir/index.ts";
import type { FunctionFrame } from "./function-frame.ts";

export interface LoopParts {
  /** Goes to `inside` or `exit`. */
  readonly head: (inside: Block, exit: Block) => void;
  /** One turn: to end all of them it goes to `exit`, to go on with the next one to `next`. */
  readonly body: (exit: Block, next: Block) => void;
  /** Comes between two turns. */
  readonly step?: () => void;
  /** The first turn comes before the test, as in `do { } while`. */
  readonly bodyFirst?: boolean;
}

export function buildLoop<O>(h: FunctionFrame<O>, { head, body, step, bodyFirst = false }: LoopParts): void {
  const { builder } = h;
  const [top, inside, next, exit] = [
    builder.block("loop"),
    builder.block("body"),
    builder.block("next"),
    builder.block("done"),
  ];
  const before = builder.current;
  builder.jump(bodyFirst ? inside : top);
  if (bodyFirst) h.enterUnsealed(inside, before);
  else {
    h.enterUnsealed(top, before);
    head(inside, exit);
    h.enter(inside, top);
  }
  body(exit, next);
  if (!builder.terminated) builder.jump(next);
  builder.seal(next);
  if (next.predecessors.length > 0) {
    h.enter(next, bodyFirst ? inside : top);
    step?.();
    builder.jump(top);
  }
  builder.seal(top);
  if (bodyFirst && top.predecessors.length > 0) {
    h.enter(top, inside);
    head(inside, exit);
  }
  builder.seal(inside);
  h.enterIfReached(exit, bodyFirst ? before : top);
}

/** From `from` up to `to`, which is excluded. */
export function buildRange<O>(
  h: FunctionFrame<O>,
  from: Inst,
  to: Inst,
  signed: boolean,
  body: (counter: Inst, exit: Block, next: Block) => void,
): void {
  const { builder } = h;
  const counter = builder.variable("counter");
  builder.write(counter, from);
  buildLoop(h, {
    head: (inside, exit) =>
      builder.branch({ kind: signed ? "slt" : "ult", a: builder.read(counter), b: to }, inside, exit),
    body: (exit, next) => body(builder.read(counter), exit, next),
    step: () => builder.write(counter, builder.binary("add", builder.read(counter), h.constant(1))),
  });
}

/** A copy of the body for each turn. */
export function buildCopies<O, T>(
  h: FunctionFrame<O>,
  turns: Iterable<T>,
  body: (turn: T, exit: Block, next: Block) => void,
): void {
  const { builder } = h;
  const exit = builder.block("done");
  const start = builder.current;
  for (const turn of turns) {
    if (builder.terminated) break;
    const before = builder.current;
    const next = builder.block("next");
    body(turn, exit, next);
    if (!builder.terminated) builder.jump(next);
    h.enterIfReached(next, before);
  }
  if (!builder.terminated) builder.jump(exit);
  h.enterIfReached(exit, start);
}
