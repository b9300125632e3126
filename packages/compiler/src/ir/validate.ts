/**
 * Checks what every pass must keep true. A violation is a fault of the compiler, never of the
 * program being compiled; the message names the function, the block and the instruction.
 */
import { dominates, findDominators } from "./dominators.ts";
import type { Dominators } from "./dominators.ts";
import type { Block, Func, Inst, Phi } from "./ir.ts";
import { printInst, printOperand } from "./print.ts";
import { hasResult, isFloating, isNullable, operand, operandCount, successor, successorCount } from "./values.ts";

/** The message lists every violation found, one a line. */
export class InvalidIr extends Error {
  override readonly name = "InvalidIr";
}

/** Throws InvalidIr if the function breaks a rule of the intermediate form. `when` says after what, for the message. */
export function validate(func: Func, when = "building"): void {
  const faults = findFaults(func);
  if (faults.length > 0) throw new InvalidIr(`${func.name} is not valid after ${when}:\n  ${faults.join("\n  ")}`);
}

/** Every violation, each as one line. */
export function findFaults(func: Func): string[] {
  const check = new Check(func);
  check.blocks();
  // Dominance means nothing while edges are wrong.
  if (check.faults.length === 0) check.uses(findDominators(func));
  return check.faults;
}

class Check {
  readonly faults: string[] = [];
  readonly #func: Func;
  /** Where each placed value stands: its index in its block's list, by id. */
  readonly #position: Int32Array;

  constructor(func: Func) {
    this.#func = func;
    this.#position = new Int32Array(func.nextId).fill(-1);
  }

  blocks(): void {
    const { blocks, entry, nextId } = this.#func;
    const ids = new Set<number>();
    const known = new Set<Block>(blocks);
    if (blocks[0] !== entry) this.#fault(entry, "the entry is not the first block");
    if (entry.predecessors.length > 0) this.#fault(entry, "the entry has predecessors");
    for (const block of blocks) {
      this.#unique(ids, block.id, `b${block.id}`, block);
      if (block.terminator === undefined) this.#fault(block, "has no terminator");
      for (let index = 0; index < successorCount(block); index++) {
        const target = successor(block, index);
        if (!known.has(target)) this.#fault(block, `goes to b${target.id}, which is not in the function`);
        else if (count(target.predecessors, block) !== edges(block, target)) {
          this.#fault(block, `goes to b${target.id}, whose list of predecessors disagrees`);
        }
      }
      for (const predecessor of block.predecessors) {
        if (edges(predecessor, block) === 0)
          this.#fault(block, `lists b${predecessor.id} as a predecessor, which does not go there`);
      }
      let phisOver = false;
      for (const [index, inst] of block.insts.entries()) {
        this.#unique(ids, inst.id, printInst(inst), block);
        if (inst.id >= nextId) this.#fault(block, `${printInst(inst)}: id is not below nextId ${nextId}`);
        else this.#position[inst.id] = index;
        if (inst.block !== block) this.#fault(block, `${printInst(inst)}: says that it stands in b${inst.block.id}`);
        if (isFloating(inst)) this.#fault(block, `${printInst(inst)}: a floating value stands in a block`);
        if (inst.op !== "phi") phisOver = true;
        else if (phisOver) this.#fault(block, `${printInst(inst)}: stands after an instruction that is no phi`);
        else if (inst.inputs.length !== block.predecessors.length) {
          this.#fault(
            block,
            `${printInst(inst)}: ${inst.inputs.length} inputs for ${block.predecessors.length} predecessors`,
          );
        }
      }
    }
  }

  uses(dominators: Dominators): void {
    for (const block of this.#func.blocks) {
      if (dominators.index[block.id]! < 0) {
        this.#fault(block, "cannot be reached");
        continue;
      }
      for (const [index, inst] of block.insts.entries()) {
        if (inst.op === "phi") {
          this.#phi(inst, dominators);
          continue;
        }
        for (let at = 0; at < operandCount(inst); at++)
          this.#use(operand(inst, at), block, index, printInst(inst), dominators);
        this.#types(inst);
      }
      const { terminator } = block;
      const end = block.insts.length;
      if (terminator?.op === "branch") {
        this.#use(terminator.a, block, end, "branch", dominators);
        this.#use(terminator.b, block, end, "branch", dominators);
      } else if (terminator?.op === "return") {
        this.#use(terminator.value, block, end, "return", dominators);
      }
    }
  }

  #phi(phi: Phi, dominators: Dominators): void {
    for (const [index, input] of phi.inputs.entries()) {
      const predecessor = phi.block.predecessors[index]!;
      this.#use(input, predecessor, predecessor.insts.length, printInst(phi), dominators);
      const number = phi.type.kind === "scalar" && input.type.kind === "pointer" && input.type.to === "trusted";
      if (input.type.kind !== phi.type.kind && !number && !(input.op === "const" && input.value === 0n)) {
        this.#fault(
          phi.block,
          `${printInst(phi)}: is a ${phi.type.kind}, its input ${printOperand(input)} a ${input.type.kind}`,
        );
      }
    }
  }

  #use(value: Inst, block: Block, index: number, where: string, dominators: Dominators): void {
    if (isFloating(value)) return;
    if (!hasResult(value)) return this.#fault(block, `${where}: uses ${value.op}, which makes no value`);
    const position = this.#position[value.id] ?? -1;
    if (position < 0 || value.block.insts[position] !== value) {
      this.#fault(block, `${where}: uses ${printOperand(value)}, which stands in no block`);
    } else if (value.block === block ? position >= index : !dominates(dominators, value.block, block)) {
      this.#fault(block, `${where}: uses ${printOperand(value)}, which is not made on every path to here`);
    }
  }

  #types(inst: Inst): void {
    switch (inst.op) {
      case "context":
        if (inst.block !== this.#func.entry || this.#func.kind !== "main")
          this.#fault(inst.block, "context: only in the entry of a main function");
        return;
      case "param":
        if (inst.block !== this.#func.entry) this.#fault(inst.block, `${printInst(inst)}: not in the entry`);
        return;
      case "load":
      case "store":
      case "atomicAdd":
      case "zero":
        return this.#access(inst, inst.base);
      case "copy":
        this.#access(inst, inst.to);
        return this.#access(inst, inst.from);
      case "call":
      case "callFunction":
      case "callKernel":
        if (inst.args.length > 5)
          this.#fault(inst.block, `${printInst(inst)}: ${inst.args.length} arguments, a call takes at most 5`);
        return;
      case "binary": {
        const pointers = (inst.a.type.kind === "pointer" ? 1 : 0) + (inst.b.type.kind === "pointer" ? 1 : 0);
        const allowed = inst.width === 64 && (inst.kind === "sub" || (inst.kind === "add" && pointers < 2));
        if (pointers > 0 && !allowed)
          this.#fault(inst.block, `${printInst(inst)}: pointers can only be added to and subtracted from, in 64 bits`);
        return;
      }
      case "extend":
      case "byteSwap":
        if (inst.a.type.kind === "pointer") this.#fault(inst.block, `${printInst(inst)}: the operand is a pointer`);
        return;
      case "refine":
        if (!isNullable(inst.a.type))
          this.#fault(inst.block, `${printInst(inst)}: the operand is not a pointer that may be null`);
        return;
      default:
    }
  }

  #access(inst: Inst, base: Inst): void {
    if (base.type.kind !== "pointer")
      this.#fault(inst.block, `${printInst(inst)}: ${printOperand(base)} is not a pointer`);
    else if (isNullable(base.type))
      this.#fault(inst.block, `${printInst(inst)}: ${printOperand(base)} may be null here`);
    else if (base.type.to === "map") this.#fault(inst.block, `${printInst(inst)}: a map is only for helpers`);
  }

  #unique(ids: Set<number>, id: number, what: string, block: Block): void {
    if (ids.has(id)) this.#fault(block, `${what}: the id ${id} is used twice`);
    ids.add(id);
  }

  #fault(block: Block, what: string): void {
    this.faults.push(`b${block.id} ${block.name}: ${what}`);
  }
}

function count(blocks: readonly Block[], block: Block): number {
  let found = 0;
  for (const each of blocks) if (each === block) found++;
  return found;
}

function edges(from: Block, to: Block): number {
  let found = 0;
  for (let index = 0; index < successorCount(from); index++) if (successor(from, index) === to) found++;
  return found;
}
