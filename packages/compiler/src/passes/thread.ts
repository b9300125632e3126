/**
 * Jump threading: a block that only tests a phi against a constant is skipped by those who come with
 * a constant. It is what makes `a && b`, computed as 0 or 1 and then tested, a pair of branches.
 */
import { evaluateCompare } from "../ir/arithmetic.ts";
import { addPredecessorThrough, phiCount, removePredecessor, removeUnreachable, staysInside } from "../ir/edges.ts";
import type { Block, Func, Phi, Terminator } from "../ir/ir.ts";
import { countUses } from "../ir/values.ts";
import { redirect } from "./flow.ts";

export function threadJumps(func: Func): boolean {
  let uses: Int32Array | undefined;
  let changed = false;
  for (const block of func.blocks) {
    const { terminator } = block;
    const count = phiCount(block);
    if (terminator?.op !== "branch" || count === 0 || count !== block.insts.length) continue;
    if (terminator.a.op !== "phi" || terminator.a.block !== block || terminator.b.op !== "const") continue;
    uses ??= countUses(func);
    if (!staysInside(block, uses)) continue;
    for (const from of [...block.predecessors]) {
      if (!threadFrom(from, block, terminator)) continue;
      changed = true;
      // Inputs have moved between phis.
      uses = undefined;
    }
    if (uses === undefined) uses = countUses(func);
  }
  if (changed) removeUnreachable(func);
  return changed;
}

function threadFrom(
  from: Block,
  block: Block,
  { kind, width, a, b, then, otherwise }: Extract<Terminator, { op: "branch" }>,
): boolean {
  const edge = block.predecessors.indexOf(from);
  const input = (a as Phi).inputs[edge]!;
  if (input.op !== "const" || b.op !== "const" || from === block || block.predecessors.lastIndexOf(from) !== edge)
    return false;
  const target = evaluateCompare(kind, width, input.value, b.value) ? then : otherwise;
  if (then === otherwise || (phiCount(target) > 0 && target.predecessors.includes(from))) return false;
  addPredecessorThrough(target, from, block, edge);
  removePredecessor(block, from);
  redirect(from, block, target);
  return true;
}
