/** Readies a function's blocks for selection: the edges that phis need, and the order in which code is laid out. */
import { renamePredecessor, phiCount, reversePostorder } from "../ir/edges.ts";
import type { Block, Func } from "../ir/ir.ts";

/**
 * Puts an empty block on every edge from a branch to a block with phis, so that the copies for the
 * phis have a place that no other path runs through.
 */
export function splitCriticalEdges(func: Func): void {
  for (const block of [...func.blocks]) {
    const { terminator } = block;
    if (terminator?.op !== "branch") continue;
    if (phiCount(terminator.then) > 0) terminator.then = split(func, block, terminator.then);
    if (phiCount(terminator.otherwise) > 0) terminator.otherwise = split(func, block, terminator.otherwise);
  }
}

function split(func: Func, from: Block, to: Block): Block {
  const edge: Block = {
    id: func.nextId++,
    name: "edge",
    insts: [],
    terminator: { op: "jump", target: to, source: from.terminator?.source },
    predecessors: [from],
  };
  renamePredecessor(to, from, edge);
  func.blocks.push(edge);
  return edge;
}

export interface Order {
  /** The order of emission: what is unlikely comes last. */
  readonly blocks: readonly Block[];
  /** The first of `blocks` that is unlikely, as an index. */
  readonly cold: number;
}

/** The order of emission, from the blocks in reverse postorder. */
export function layOut(func: Func, order: readonly Block[] = reversePostorder(func)): Order {
  const warm = new Uint8Array(func.nextId);
  warm[func.entry.id] = 1;
  const likely: Block[] = [];
  const unlikely: Block[] = [];
  for (const block of order) {
    if (warm[block.id] === 0) {
      unlikely.push(block);
      continue;
    }
    likely.push(block);
    const { terminator } = block;
    if (terminator?.op === "jump") warm[terminator.target.id] = 1;
    if (terminator?.op === "branch") {
      if (terminator.likely !== false) warm[terminator.then.id] = 1;
      if (terminator.likely !== true) warm[terminator.otherwise.id] = 1;
    }
  }
  return { blocks: likely.concat(unlikely), cold: likely.length };
}
