/**
 * Closes the phis of a block that only tests one of them for a constant: what comes after each side of
 * the test uses a phi of that side instead. Then the block can be skipped by those who come with a
 * constant (thread.ts), although what it joined is used behind it. So a look-up that gives "there, and
 * the value" or "nothing, and zero", and is tested at once, is one branch.
 */
import { findDominators, dominates, type Dominators } from "../ir/dominators.ts";
import { phiCount, staysInside } from "../ir/edges.ts";
import type { Block, Func, Inst, Phi } from "../ir/ir.ts";
import { countUses, operand, operandCount, setOperand } from "../ir/values.ts";

export function closePhis(func: Func): boolean {
  let changed = false;
  for (const block of func.blocks) {
    const sides = sidesOf(block);
    if (sides === undefined || staysInside(block, countUses(func))) continue;
    const uses = usesBehind(func, block, sides, findDominators(func));
    if (uses === undefined) continue;
    for (const [side, list] of uses) close(func, side, list);
    changed = true;
  }
  return changed;
}

/** Where the block's test leads, if everybody comes to it with a constant. */
function sidesOf(block: Block): readonly [Block, Block] | undefined {
  const { terminator, predecessors, insts } = block;
  if (terminator?.op !== "branch" || phiCount(block) !== insts.length) return undefined;
  const { a, b, then, otherwise } = terminator;
  if (a.op !== "phi" || a.block !== block || b.op !== "const" || then === otherwise) return undefined;
  const own = (side: Block): boolean => side !== block && side.predecessors.length === 1 && phiCount(side) === 0;
  const known = a.inputs.every((input) => input.op === "const");
  return known && own(then) && own(otherwise) && new Set(predecessors).size === predecessors.length
    ? [then, otherwise]
    : undefined;
}

/** One use of a phi: operand `index` of `user`, or of a block's terminator. */
interface Use {
  readonly phi: Phi;
  readonly replace: (by: Inst) => void;
}

/** Every use of the block's phis outside of it, by the side that it is behind; undefined if one is behind both. */
function usesBehind(
  func: Func,
  block: Block,
  sides: readonly [Block, Block],
  dominators: Dominators,
): ReadonlyMap<Block, readonly Use[]> | undefined {
  const found = new Map<Block, Use[]>(sides.map((side) => [side, []]));
  let both = false;
  const note = (value: Inst, at: Block, replace: (by: Inst) => void): void => {
    if (value.op !== "phi" || value.block !== block || at === block) return;
    const side = sides.find((each) => dominates(dominators, each, at));
    if (side === undefined) both = true;
    else found.get(side)!.push({ phi: value, replace });
  };
  for (const at of func.blocks) {
    for (const inst of at.insts)
      for (let index = 0; index < operandCount(inst); index++)
        note(operand(inst, index), inst.op === "phi" ? at.predecessors[index]! : at, (by) =>
          setOperand(inst, index, by),
        );
    const { terminator } = at;
    if (terminator?.op === "return") note(terminator.value, at, (by) => (terminator.value = by));
    if (terminator?.op !== "branch") continue;
    note(terminator.a, at, (by) => (terminator.a = by));
    note(terminator.b, at, (by) => (terminator.b = by));
  }
  return both ? undefined : found;
}

function close(func: Func, side: Block, uses: readonly Use[]): void {
  const closed = new Map<Phi, Inst>();
  for (const { phi, replace } of uses) {
    let own = closed.get(phi);
    if (own === undefined) {
      own = { op: "phi", id: func.nextId++, type: phi.type, block: side, source: phi.source, inputs: [phi] };
      side.insts.unshift(own);
      closed.set(phi, own);
    }
    replace(own);
  }
}
