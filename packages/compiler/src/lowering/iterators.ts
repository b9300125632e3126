/**
 * Loops of any number of turns inside one function, by the kernel's open-coded iterators (6.4):
 *
 *     bpf_iter_num_new(&it, 0, turns);
 *     while ((turn = bpf_iter_num_next(&it))) { ... }
 *     bpf_iter_num_destroy(&it);
 *
 * The verifier follows the turns until one begins with nothing in it that it has not seen begin a turn
 * before. A number that starts as a constant and changes in each turn would keep it going, so such
 * variables are made numbers that it knows nothing about: bpf_iter_num_new's answer is added to them,
 * which is 0, but only we know. The first turn then stands for all of them.
 */
import { pointerTo, type Block, type Inst, type VariableRef } from "../ir/index.ts";
import type { FunctionFrame } from "./function-frame.ts";
import type { KernelFunctionName } from "./kernel-functions.ts";
import { buildLoop } from "./loops.ts";

/** BPF_MAX_LOOPS: turns that bpf_loop and iterators make at most. */
export const MOST_LOOP_TURNS: number = 1 << 23;
const ITERATOR_BYTES = 8;

export interface Iteration {
  /** At most {@link MOST_LOOP_TURNS}; fewer than 1 are none. */
  readonly turns: Inst;
  /** What the turns change and began before them. */
  readonly carried: readonly VariableRef[];
  /** One turn, numbered from 0: to end all of them it goes to `exit`, to go on with the next one to `next`. */
  readonly turn: (index: Inst, exit: Block, next: Block) => void;
}

export function buildIteration<O>(h: FunctionFrame<O>, { turns, carried, turn }: Iteration): void {
  const { builder } = h;
  const iterator = builder.slot(ITERATOR_BYTES, "iterator");
  const begun = call(h, "bpf_iter_num_new", [iterator, h.constant(0), turns]);
  if (carried.length > 0) {
    const zero = unknownZero(h, begun);
    for (const variable of carried) builder.write(variable, builder.binary("add", builder.read(variable), zero));
  }
  let next: Inst | undefined;
  const destroy = (): void => void call(h, "bpf_iter_num_destroy", [iterator]);
  h.openIterators.push(destroy);
  buildLoop(h, {
    head: (inside, exit) => {
      next = call(h, "bpf_iter_num_next", [iterator], pointerTo("mapValueOrNull"));
      builder.branch({ kind: "ne", a: next, b: h.constant(0) }, inside, exit, true);
    },
    body: (exit, go) => turn(builder.load(builder.refine(next!, "mapValue"), 0, 4), exit, go),
  });
  h.openIterators.pop();
  if (!builder.terminated) destroy();
}

/** C's int leaves the upper half of the register open; so that all 64 bits are unknown to the verifier, the lower is in both. */
function unknownZero<O>({ builder }: FunctionFrame<O>, answer: Inst): Inst {
  return builder.binary("or", builder.binary("shl", answer, builder.constant(32)), builder.extend(answer, 32, false));
}

function call<O>(h: FunctionFrame<O>, name: KernelFunctionName, args: Inst[], type?: Inst["type"]): Inst {
  h.object.types.useKernelFunction(name);
  return h.builder.callKernel(name, args, type);
}
