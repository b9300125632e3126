/**
 * A branch on what an earlier branch has decided goes where that one's side leads: both compare the
 * same two values, and every path to the second runs through one side of the first.
 */
import { OPPOSITE } from "../ir/arithmetic.ts";
import { dominates, findDominators } from "../ir/dominators.ts";
import { removePredecessor, removeUnreachable } from "../ir/edges.ts";
import type { Block, CompareOp, Func, Inst, Terminator } from "../ir/ir.ts";

type Branch = Extract<Terminator, { op: "branch" }>;

/** What holds in all blocks behind one side of a branch. */
interface Fact {
  readonly behind: Block;
  readonly branch: Branch;
  readonly taken: boolean;
}

export function followConditions(func: Func): boolean {
  const dominators = findDominators(func);
  const facts = new Map<string, Fact[]>();
  let changed = false;
  for (const block of dominators.order) {
    const { terminator } = block;
    if (terminator?.op !== "branch" || terminator.then === terminator.otherwise) continue;
    const key = `${terminator.width} ${nameOf(terminator.a)} ${nameOf(terminator.b)}`;
    const known = (facts.get(key) ?? []).find(({ behind }) => dominates(dominators, behind, block));
    const answer = known && answerOf(terminator.kind, known);
    if (answer !== undefined) {
      const { then, otherwise, source } = terminator;
      removePredecessor(answer ? otherwise : then, block);
      block.terminator = { op: "jump", target: answer ? then : otherwise, source };
      changed = true;
      continue;
    }
    const list = facts.get(key) ?? [];
    facts.set(key, list);
    for (const taken of [true, false]) {
      const side = taken ? terminator.then : terminator.otherwise;
      // Into a block with other ways in, the branch proves nothing.
      if (side.predecessors.length === 1) list.push({ behind: side, branch: terminator, taken });
    }
  }
  if (changed) removeUnreachable(func);
  return changed;
}

function answerOf(kind: CompareOp, { branch, taken }: Fact): boolean | undefined {
  if (kind === branch.kind) return taken;
  return kind === OPPOSITE[branch.kind] ? !taken : undefined;
}

function nameOf(value: Inst): string {
  return value.op === "const" ? `#${value.value}` : `${value.id}`;
}
