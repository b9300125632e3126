/**
 * Which blocks every path to a block passes through: K. Cooper, T. Harvey, K. Kennedy, "A Simple,
 * Fast Dominance Algorithm", 2001.
 */
import { reversePostorder } from "./edges.ts";
import type { Block, Func } from "./ir.ts";

export interface Dominators {
  /** The blocks in reverse postorder; indices below refer to it. */
  readonly order: readonly Block[];
  /** Index in `order` by block id; -1 for a block that cannot be reached. */
  readonly index: Int32Array;
  /** The index of each block's immediate dominator; the entry's own for the entry. */
  readonly parent: Int32Array;
}

export function findDominators(func: Func): Dominators {
  const order = reversePostorder(func);
  const index = new Int32Array(func.nextId).fill(-1);
  for (let at = 0; at < order.length; at++) index[order[at]!.id] = at;
  const parent = new Int32Array(order.length).fill(-1);
  parent[0] = 0;
  for (let changed = true; changed;) {
    changed = false;
    for (let at = 1; at < order.length; at++) {
      let common = -1;
      for (const predecessor of order[at]!.predecessors) {
        const from = index[predecessor.id]!;
        if (from < 0 || parent[from]! < 0) continue;
        common = common < 0 ? from : meet(parent, common, from);
      }
      if (parent[at] !== common) {
        parent[at] = common;
        changed = true;
      }
    }
  }
  return { order, index, parent };
}

function meet(parent: Int32Array, a: number, b: number): number {
  while (a !== b) {
    while (a > b) a = parent[a]!;
    while (b > a) b = parent[b]!;
  }
  return a;
}

/** Whether every path to `b` passes through `a`; a block dominates itself. */
export function dominates({ index, parent }: Dominators, a: Block, b: Block): boolean {
  const goal = index[a.id]!;
  if (goal < 0) return false;
  let at = index[b.id]!;
  while (at > goal) at = parent[at]!;
  return at === goal;
}

/** The last block that every path to either of two passes through. */
export function commonDominator({ order, index, parent }: Dominators, a: Block, b: Block): Block {
  return order[meet(parent, index[a.id]!, index[b.id]!)]!;
}
