/**
 * Sparse conditional constant propagation: M. Wegman, F. K. Zadeck, "Constant Propagation with
 * Conditional Branches", 1991. Every value starts as not yet seen and only ever falls: to a constant,
 * then to varying. Blocks that no branch can reach contribute nothing, which finds constants that
 * folding one instruction after the other can't: round loops, and behind branches on them.
 */
import { evaluateBinary, evaluateByteSwap, evaluateCompare, evaluateExtend } from "../ir/arithmetic.ts";
import { applyReplacements } from "../ir/edges.ts";
import type { Replacements } from "../ir/edges.ts";
import type { Block, Func, Inst, Phi } from "../ir/ir.ts";
import { makeConst, operand, operandCount, successor, successorCount } from "../ir/values.ts";

type Known = bigint | "varies" | undefined;

export function propagateConstants(func: Func): boolean {
  const known = new Propagation(func).run();
  const table: Replacements = [];
  for (const block of func.blocks) {
    const kept = block.insts.filter((inst) => {
      const value = known[inst.id];
      if (typeof value !== "bigint") return true;
      table[inst.id] = makeConst(func, value);
      return false;
    });
    block.insts = kept;
  }
  if (table.length === 0) return false;
  applyReplacements(func, table);
  return true;
}

class Propagation {
  readonly #func: Func;
  readonly #known: Known[] = [];
  /** By block id: which of its incoming edges can be taken. */
  readonly #taken: boolean[][] = [];
  readonly #reached: boolean[] = [];
  readonly #users: Inst[][] = [];
  readonly #branches: Block[][] = [];
  readonly #edges: { readonly from: Block | undefined; readonly to: Block }[] = [];
  readonly #changed: Inst[] = [];

  constructor(func: Func) {
    this.#func = func;
  }

  run(): readonly Known[] {
    this.#findUsers();
    this.#edges.push({ from: undefined, to: this.#func.entry });
    for (;;) {
      const edge = this.#edges.pop();
      if (edge !== undefined) {
        this.#enter(edge.from, edge.to);
        continue;
      }
      const inst = this.#changed.pop();
      if (inst === undefined) return this.#known;
      for (const user of this.#users[inst.id] ?? []) if (this.#reached[user.block.id]) this.#visit(user);
      for (const block of this.#branches[inst.id] ?? []) if (this.#reached[block.id]) this.#leave(block);
    }
  }

  #findUsers(): void {
    for (const block of this.#func.blocks) {
      for (const inst of block.insts) {
        const count = operandCount(inst);
        for (let index = 0; index < count; index++) (this.#users[operand(inst, index).id] ??= []).push(inst);
      }
      const { terminator } = block;
      if (terminator?.op !== "branch") continue;
      for (const value of [terminator.a, terminator.b]) (this.#branches[value.id] ??= []).push(block);
    }
  }

  #enter(from: Block | undefined, to: Block): void {
    const taken = (this.#taken[to.id] ??= to.predecessors.map(() => false));
    let news = this.#reached[to.id] !== true;
    for (const [index, predecessor] of to.predecessors.entries()) {
      if (predecessor !== from || taken[index] === true) continue;
      taken[index] = true;
      news = true;
    }
    if (!news) return;
    const again = this.#reached[to.id] === true;
    this.#reached[to.id] = true;
    for (const inst of to.insts) {
      if (again && inst.op !== "phi") break;
      this.#visit(inst);
    }
    if (!again) this.#leave(to);
  }

  #leave(block: Block): void {
    const { terminator } = block;
    if (terminator?.op === "branch") {
      const [a, b] = [this.#of(terminator.a), this.#of(terminator.b)];
      if (a === undefined || b === undefined) return;
      if (a !== "varies" && b !== "varies") {
        const { kind, width, then, otherwise } = terminator;
        this.#edges.push({ from: block, to: evaluateCompare(kind, width, a, b) ? then : otherwise });
        return;
      }
    }
    for (let index = 0; index < successorCount(block); index++)
      this.#edges.push({ from: block, to: successor(block, index) });
  }

  #visit(inst: Inst): void {
    const before = this.#known[inst.id];
    if (before === "varies") return;
    const now = this.#evaluate(inst);
    if (now === before) return;
    this.#known[inst.id] = now;
    this.#changed.push(inst);
  }

  #evaluate(inst: Inst): Known {
    switch (inst.op) {
      case "phi":
        return this.#meet(inst);
      case "binary":
        return inst.type.kind === "pointer"
          ? "varies"
          : this.#both(inst.a, inst.b, (a, b) => evaluateBinary(inst.kind, inst.width, a, b));
      case "compare":
        return this.#both(inst.a, inst.b, (a, b) => (evaluateCompare(inst.kind, inst.width, a, b) ? 1n : 0n));
      case "extend":
        return this.#both(inst.a, inst.a, (a) => evaluateExtend(a, inst.bits, inst.signed));
      case "byteSwap":
        return this.#both(inst.a, inst.a, (a) => evaluateByteSwap(a, inst.bits));
      default:
        return "varies";
    }
  }

  #meet(phi: Phi): Known {
    if (phi.type.kind === "pointer") return "varies";
    const taken = this.#taken[phi.block.id];
    let met: Known;
    for (const [index, input] of phi.inputs.entries()) {
      if (taken?.[index] !== true) continue;
      const value = this.#of(input);
      if (value === undefined || value === met) continue;
      if (met !== undefined || value === "varies") return "varies";
      met = value;
    }
    return met;
  }

  #both(left: Inst, right: Inst, evaluate: (a: bigint, b: bigint) => bigint): Known {
    const [a, b] = [this.#of(left), this.#of(right)];
    if (a === "varies" || b === "varies") return "varies";
    return a === undefined || b === undefined ? undefined : evaluate(a, b);
  }

  #of(inst: Inst): Known {
    if (inst.op === "const") return inst.value;
    return isPlaced(inst) ? this.#known[inst.id] : "varies";
  }
}

/** What stands in no block is never visited. */
function isPlaced(inst: Inst): boolean {
  switch (inst.op) {
    case "slot":
    case "mapHandle":
    case "mapValue":
    case "coreValue":
    case "functionAddress":
      return false;
    default:
      return true;
  }
}
