/**
 * Mutable variables while a function is built, turned into SSA on the fly: M. Braun et al., "Simple
 * and Efficient Construction of Static Single Assignment Form", CC 2013. A block is sealed once all
 * its predecessors are known; until then a read in it makes a phi without inputs.
 */
import type { Block, Inst, Phi } from "./ir.ts";
import { joinedType } from "./values.ts";

/** One mutable variable; made and used through the builder only. */
export interface VariableRef {
  readonly name: string;
  readonly definitions: Map<Block, Inst>;
}

/** What the construction needs from the builder. */
export interface PhiFactory {
  /** A phi without inputs at the head of a block. */
  makePhi(block: Block): Phi;
  /** What a variable is where nothing was written. */
  unwritten(): Inst;
}

export class Variables {
  readonly #factory: PhiFactory;
  readonly #sealed = new Set<Block>();
  readonly #waiting = new Map<Block, { readonly variable: VariableRef; readonly phi: Phi }[]>();

  constructor(factory: PhiFactory) {
    this.#factory = factory;
  }

  isSealed(block: Block): boolean {
    return this.#sealed.has(block);
  }

  seal(block: Block): void {
    if (this.#sealed.has(block)) return;
    this.#sealed.add(block);
    const waiting = this.#waiting.get(block);
    if (waiting === undefined) return;
    this.#waiting.delete(block);
    for (const { variable, phi } of waiting) this.#fill(variable, phi);
  }

  read(variable: VariableRef, block: Block): Inst {
    // Straight lines are walked rather than recursed into: unrolled code has thousands of blocks.
    let at = block;
    let known = variable.definitions.get(at);
    while (known === undefined && at.predecessors.length === 1 && this.#sealed.has(at)) {
      at = at.predecessors[0]!;
      known = variable.definitions.get(at);
    }
    known ??= this.#readAcross(variable, at);
    variable.definitions.set(block, known);
    return known;
  }

  #readAcross(variable: VariableRef, block: Block): Inst {
    if (!this.#sealed.has(block)) {
      const phi = this.#factory.makePhi(block);
      variable.definitions.set(block, phi);
      const waiting = this.#waiting.get(block);
      if (waiting === undefined) this.#waiting.set(block, [{ variable, phi }]);
      else waiting.push({ variable, phi });
      return phi;
    }
    if (block.predecessors.length === 0) return this.#factory.unwritten();
    const phi = this.#factory.makePhi(block);
    // Written before the inputs are read: a loop finds the phi itself.
    variable.definitions.set(block, phi);
    this.#fill(variable, phi);
    return phi;
  }

  #fill(variable: VariableRef, phi: Phi): void {
    for (const predecessor of phi.block.predecessors) phi.inputs.push(this.read(variable, predecessor));
    phi.type = joinedType(phi);
  }
}
