/** From one function in its final form to instructions. */
import type { Instruction } from "@sonde/bpf/asm";
import { removeTrivialPhis, removeUnreachable } from "../ir/edges.ts";
import type { Func } from "../ir/ir.ts";
import { expand } from "../passes/expand.ts";
import { allocate } from "./allocate.ts";
import { emit } from "./emit.ts";
import { splitCriticalEdges } from "./order.ts";
import { select } from "./select.ts";

/** Changes the function on the way: it is not to be used afterwards. */
export function generate(func: Func): Instruction[] {
  expand(func);
  removeUnreachable(func);
  removeTrivialPhis(func);
  splitCriticalEdges(func);
  const machine = select(func);
  return emit(machine, allocate(machine));
}
