/** Copies of blocks, into the function that they stand in or into another one. */
import type { Block, Func, Inst, Terminator } from "./ir.ts";
import { isFloating, operand, operandCount, setOperand } from "./values.ts";

export class BlockCopies {
  /** The copies, in the order of what they were copied from. */
  readonly blocks: readonly Block[];
  readonly #into: Func;
  readonly #from: readonly Block[];
  readonly #copies = new Map<Block, Block>();
  readonly #values: Map<Inst, Inst>;

  /**
   * Copies `from`, which is left only by returns. `given` says what stands in the place of some values,
   * which are not copied; what else is made outside of these blocks is used as it is.
   */
  constructor(into: Func, from: readonly Block[], given: ReadonlyMap<Inst, Inst> = new Map()) {
    this.#into = into;
    this.#from = from;
    this.#values = new Map(given);
    for (const block of from) {
      const { name } = block;
      this.#copies.set(block, { id: into.nextId++, name, insts: [], terminator: undefined, predecessors: [] });
    }
    this.blocks = [...this.#copies.values()];
    for (const block of from) {
      const copy = this.of(block);
      for (const inst of block.insts) if (!this.#values.has(inst)) copy.insts.push(this.#copyOf(inst, copy));
    }
    this.#fillIn();
  }

  /** The copy of a block. */
  of(block: Block): Block {
    return this.#copies.get(block)!;
  }

  /** Phis round a loop use what stands below them, so operands are put in when all is copied. */
  #fillIn(): void {
    for (const block of this.#from) {
      const copy = this.of(block);
      copy.predecessors = block.predecessors.flatMap((from) => this.#copies.get(from) ?? []);
      for (const inst of copy.insts) {
        const count = operandCount(inst);
        for (let index = 0; index < count; index++) setOperand(inst, index, this.#value(operand(inst, index)));
      }
      copy.terminator = this.#terminator(block.terminator!);
    }
  }

  #terminator(terminator: Terminator): Terminator {
    switch (terminator.op) {
      case "return":
        return { ...terminator, value: this.#value(terminator.value) };
      case "jump":
        return { ...terminator, target: this.of(terminator.target) };
      case "branch":
        return {
          ...terminator,
          a: this.#value(terminator.a),
          b: this.#value(terminator.b),
          then: this.of(terminator.then),
          otherwise: this.of(terminator.otherwise),
        };
    }
  }

  #copyOf(inst: Inst, block: Block): Inst {
    const copy = { ...inst, id: this.#into.nextId++, block };
    if (copy.op === "phi") copy.inputs = [...copy.inputs];
    if (copy.op === "call" || copy.op === "callFunction" || copy.op === "callKernel") copy.args = [...copy.args];
    this.#values.set(inst, copy);
    return copy;
  }

  #value(inst: Inst): Inst {
    const known = this.#values.get(inst);
    if (known !== undefined) return known;
    return isFloating(inst) ? this.#copyOf(inst, this.#into.entry) : inst;
  }
}
