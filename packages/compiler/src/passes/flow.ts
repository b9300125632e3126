/**
 * Cleans the control flow: blocks that can't be reached go, empty blocks are jumped over, straight
 * lines become one block, and a branch whose sides are one is a jump.
 */
import {
  addPredecessorThrough,
  applyReplacements,
  phiCount,
  removePredecessor,
  removeUnreachable,
  renamePredecessor,
  staysInside,
} from "../ir/edges.ts";
import type { Replacements } from "../ir/edges.ts";
import type { Block, Func } from "../ir/ir.ts";
import { countUses, successor, successorCount } from "../ir/values.ts";

export function simplifyFlow(func: Func): boolean {
  let changed = removeUnreachable(func);
  for (const block of func.blocks) if (joinEqualSides(block)) changed = true;
  for (const block of func.blocks) if (block !== func.entry && bypass(func, block)) changed = true;
  if (removeUnreachable(func)) changed = true;
  if (mergeLines(func)) changed = true;
  if (joinReturns(func)) changed = true;
  return changed;
}

/** Blocks that do nothing but return the same are one. */
function joinReturns(func: Func): boolean {
  const first = new Map<string, Block>();
  let changed = false;
  for (const block of func.blocks) {
    const { terminator, insts } = block;
    if (terminator?.op !== "return" || insts.length > 0 || block === func.entry) continue;
    const { value } = terminator;
    const key = value.op === "const" ? `#${value.value}` : `${value.id}`;
    const known = first.get(key);
    if (known === undefined) {
      first.set(key, block);
      continue;
    }
    for (const from of block.predecessors) {
      redirect(from, block, known);
      known.predecessors.push(from);
    }
    block.predecessors = [];
    changed = true;
  }
  if (changed) removeUnreachable(func);
  return changed;
}

function joinEqualSides(block: Block): boolean {
  const { terminator } = block;
  if (terminator?.op !== "branch" || terminator.then !== terminator.otherwise) return false;
  const target = terminator.then;
  if (phiCount(target) > 0) return false;
  removePredecessor(target, block);
  block.terminator = { op: "jump", target, source: terminator.source };
  return true;
}

/** Sends those that come to a block which holds nothing, or only phis for the phis behind it, straight to where it jumps. */
function bypass(func: Func, block: Block): boolean {
  const { terminator, insts } = block;
  if (terminator?.op !== "jump" || terminator.target === block || phiCount(block) < insts.length) return false;
  if (insts.length > 0 && !staysInside(block, countUses(func))) return false;
  const { target } = terminator;
  let changed = false;
  for (const from of [...block.predecessors]) {
    // Two edges between the same blocks would make the inputs of phis ambiguous.
    if (phiCount(target) > 0 && (target.predecessors.includes(from) || count(block.predecessors, from) > 1)) continue;
    addPredecessorThrough(target, from, block, block.predecessors.indexOf(from));
    removePredecessor(block, from);
    redirect(from, block, target);
    changed = true;
  }
  return changed;
}

function count(blocks: readonly Block[], block: Block): number {
  let found = 0;
  for (const each of blocks) if (each === block) found++;
  return found;
}

/** Changes one edge in the terminator of `from`. */
export function redirect(from: Block, old: Block, to: Block): void {
  const { terminator } = from;
  if (terminator?.op === "jump") terminator.target = to;
  else if (terminator?.op === "branch") {
    if (terminator.then === old) terminator.then = to;
    else terminator.otherwise = to;
  }
}

function mergeLines(func: Func): boolean {
  const table: Replacements = [];
  let merged = false;
  for (const block of func.blocks) {
    // A block that was merged already has no terminator; its successor now follows another one.
    for (let { terminator } = block; terminator?.op === "jump"; terminator = block.terminator) {
      const next: Block = terminator.target;
      if (next === block || next === func.entry || next.predecessors.length !== 1) break;
      for (const inst of next.insts) {
        if (inst.op === "phi") table[inst.id] = inst.inputs[0];
        else {
          inst.block = block;
          block.insts.push(inst);
        }
      }
      block.terminator = next.terminator;
      for (let index = 0; index < successorCount(block); index++)
        renamePredecessor(successor(block, index), next, block);
      next.terminator = undefined;
      next.insts = [];
      merged = true;
    }
  }
  if (!merged) return false;
  func.blocks = func.blocks.filter((block) => block.terminator !== undefined);
  if (table.length > 0) applyReplacements(func, table);
  return true;
}
