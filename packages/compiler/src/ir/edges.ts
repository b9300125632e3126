/** Edges between blocks. A phi has one input for each predecessor, so the two change together. */
import type { Block, Func, Inst, Phi } from "./ir.ts";
import { operand, operandCount, setOperand, successor, successorCount } from "./values.ts";

/** The phis at the head of a block, as a count. */
export function phiCount(block: Block): number {
  const { insts } = block;
  let count = 0;
  while (count < insts.length && insts[count]!.op === "phi") count++;
  return count;
}

/** Forgets one edge; the terminator of `from` is the caller's to change. */
export function removePredecessor(block: Block, from: Block): void {
  const index = block.predecessors.indexOf(from);
  if (index < 0) throw new Error(`b${from.id} is no predecessor of b${block.id}`);
  block.predecessors.splice(index, 1);
  for (const inst of block.insts) {
    if (inst.op !== "phi") break;
    inst.inputs.splice(index, 1);
  }
}

/** Makes the edge from `from` arrive from `to` instead: phi inputs stay as they are. */
export function renamePredecessor(block: Block, from: Block, to: Block): void {
  const index = block.predecessors.indexOf(from);
  if (index < 0) throw new Error(`b${from.id} is no predecessor of b${block.id}`);
  block.predecessors[index] = to;
}

/**
 * Adds an edge from `from`, which comes to the block `through` by that one's edge number `edge`, straight
 * to a block behind it: with the inputs that the way through gives.
 */
export function addPredecessorThrough(block: Block, from: Block, through: Block, edge: number): void {
  const index = block.predecessors.indexOf(through);
  block.predecessors.push(from);
  for (const inst of block.insts) {
    if (inst.op !== "phi") break;
    inst.inputs.push(seenFrom(inst.inputs[index]!, through, edge));
  }
}

/** What a value of the block is on one of its incoming edges. */
function seenFrom(value: Inst, block: Block, edge: number): Inst {
  return value.op === "phi" && value.block === block ? value.inputs[edge]! : value;
}

/** Whether the block's phis are used by its own branch and by phis right behind its edges only. `uses`: how often each value is used. */
export function staysInside(block: Block, uses: Int32Array): boolean {
  const { terminator } = block;
  for (const phi of block.insts) {
    let seen = terminator?.op === "branch" && terminator.a === phi ? 1 : 0;
    for (let index = 0; index < successorCount(block); index++) {
      const target = successor(block, index);
      if (target === block) return false;
      const edge = target.predecessors.indexOf(block);
      for (const inst of target.insts) {
        if (inst.op !== "phi") break;
        if (inst.inputs[edge] === phi) seen++;
      }
    }
    if (seen !== uses[phi.id]) return false;
  }
  return true;
}

/**
 * The blocks that can be reached, each before those it dominates. A branch's `then` side comes
 * directly after it where possible, so that loops and straight lines stay together.
 */
export function reversePostorder(func: Func): Block[] {
  const seen = new Uint8Array(func.nextId);
  const stack: Block[] = [func.entry];
  const next: number[] = [successorCount(func.entry)];
  const order: Block[] = [];
  seen[func.entry.id] = 1;
  while (stack.length > 0) {
    const top = stack.length - 1;
    const block = stack[top]!;
    const left = next[top]!;
    if (left === 0) {
      order.push(block);
      stack.pop();
      next.pop();
      continue;
    }
    next[top] = left - 1;
    const target = successor(block, left - 1);
    if (seen[target.id] === 1) continue;
    seen[target.id] = 1;
    stack.push(target);
    next.push(successorCount(target));
  }
  return order.reverse();
}

/** Drops blocks that cannot be reached and puts the others in reverse postorder. Whether any was dropped. */
export function removeUnreachable(func: Func): boolean {
  const order = reversePostorder(func);
  const dropped = order.length < func.blocks.length;
  if (dropped) {
    const reachable = new Uint8Array(func.nextId);
    for (const block of order) reachable[block.id] = 1;
    for (const block of order) {
      for (let index = block.predecessors.length - 1; index >= 0; index--) {
        const predecessor = block.predecessors[index]!;
        if (reachable[predecessor.id] === 0) removePredecessor(block, predecessor);
      }
    }
  }
  func.blocks = order;
  return dropped;
}

/** Replacements by the id of what is replaced; chains are followed. */
export type Replacements = (Inst | undefined)[];

export function resolve(table: Replacements, inst: Inst): Inst {
  let to = inst;
  for (let next = table[to.id]; next !== undefined; next = table[to.id]) to = next;
  return to;
}

/** Rewrites every use by the table. The replaced instructions themselves stay where they are. */
export function applyReplacements(func: Func, table: Replacements): void {
  for (const block of func.blocks) {
    for (const inst of block.insts) {
      const count = operandCount(inst);
      for (let index = 0; index < count; index++) {
        const old = operand(inst, index);
        if (table[old.id] !== undefined) setOperand(inst, index, resolve(table, old));
      }
    }
    const { terminator } = block;
    if (terminator?.op === "branch") {
      terminator.a = resolve(table, terminator.a);
      terminator.b = resolve(table, terminator.b);
    } else if (terminator?.op === "return") {
      terminator.value = resolve(table, terminator.value);
    }
  }
}

/**
 * Removes phis whose inputs are all one value (or the phi itself). Inputs that are equal constants
 * count as one. Whether any was removed.
 */
export function removeTrivialPhis(func: Func): boolean {
  const table: Replacements = [];
  let removed = false;
  for (let again = true; again;) {
    again = false;
    for (const block of func.blocks) {
      const count = phiCount(block);
      for (let index = 0; index < count; index++) {
        const phi = block.insts[index] as Phi;
        if (table[phi.id] !== undefined) continue;
        const only = onlyInput(phi, table);
        if (only === undefined) continue;
        table[phi.id] = only;
        again = removed = true;
      }
    }
  }
  if (!removed) return false;
  applyReplacements(func, table);
  for (const block of func.blocks) {
    if (phiCount(block) > 0)
      block.insts = block.insts.filter((inst) => inst.op !== "phi" || table[inst.id] === undefined);
  }
  return true;
}

function onlyInput(phi: Phi, table: Replacements): Inst | undefined {
  let only: Inst | undefined;
  for (const given of phi.inputs) {
    const input = resolve(table, given);
    if (input === phi || input === only) continue;
    if (only === undefined) only = input;
    else if (only.op !== "const" || input.op !== "const" || only.value !== input.value) return undefined;
  }
  return only;
}
