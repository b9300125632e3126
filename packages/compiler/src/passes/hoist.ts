/**
 * Loop-invariant code motion: arithmetic and pure helper calls whose operands are made outside of a
 * loop are done once, before it. Both are harmless where the loop turns out not to run.
 */
import { helperEffects } from "../codegen/helpers.ts";
import { dominates, findDominators } from "../ir/dominators.ts";
import type { Dominators } from "../ir/dominators.ts";
import type { Block, Func, Inst } from "../ir/ir.ts";
import { isFloating, operand, operandCount, successor, successorCount } from "../ir/values.ts";

export function hoistInvariants(func: Func): boolean {
  let changed = false;
  for (const { head, blocks } of findLoops(func)) {
    const outside = head.predecessors.filter((block) => !blocks.has(block));
    const [before] = outside;
    if (before === undefined || outside.length > 1 || before.terminator?.op !== "jump") continue;
    for (const block of func.blocks) {
      if (!blocks.has(block)) continue;
      const kept = block.insts.filter((inst) => {
        if (!isMovable(inst) || !isInvariant(inst, blocks)) return true;
        inst.block = before;
        before.insts.push(inst);
        changed = true;
        return false;
      });
      block.insts = kept;
    }
  }
  return changed;
}

export interface Loop {
  readonly head: Block;
  readonly blocks: ReadonlySet<Block>;
}

/** Natural loops: what can reach a jump back to a block that dominates it. Outer ones come first. */
export function findLoops(func: Func, dominators: Dominators = findDominators(func)): readonly Loop[] {
  const loops = new Map<Block, Set<Block>>();
  for (const end of dominators.order) {
    for (let index = 0; index < successorCount(end); index++) {
      const head = successor(end, index);
      if (!dominates(dominators, head, end)) continue;
      const blocks = loops.get(head) ?? new Set([head]);
      loops.set(head, blocks);
      const work = [end];
      for (let block = work.pop(); block !== undefined; block = work.pop()) {
        if (blocks.has(block)) continue;
        blocks.add(block);
        work.push(...block.predecessors);
      }
    }
  }
  return [...loops].map(([head, blocks]) => ({ head, blocks })).sort((a, b) => b.blocks.size - a.blocks.size);
}

function isMovable(inst: Inst): boolean {
  switch (inst.op) {
    case "binary":
      // Moving a pointer would part the test of its range from its use.
      return inst.type.kind === "scalar" && inst.a.type.kind === "scalar" && inst.b.type.kind === "scalar";
    case "extend":
    case "byteSwap":
    case "compare":
      return true;
    case "call":
      return helperEffects(inst.helper).pure;
    default:
      return false;
  }
}

function isInvariant(inst: Inst, blocks: ReadonlySet<Block>): boolean {
  const count = operandCount(inst);
  for (let index = 0; index < count; index++) {
    const value = operand(inst, index);
    if (!isFloating(value) && blocks.has(value.block)) return false;
  }
  return true;
}
