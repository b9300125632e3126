/**
 * Which blocks are certainly behind the current one, kept while building: what was computed there can
 * be used here. It follows the structure of what is built, so it knows less than a dominator tree
 * would, but never claims too much.
 */
import type { Block } from "../ir/index.ts";

export class Dominance {
  readonly #parent = new Map<Block, Block>();

  /** Building continues in `block`, which only code after `before` reaches. */
  entered(block: Block, before: Block): void {
    if (block === before || this.#parent.has(block)) return;
    const only = block.predecessors.length === 1 ? block.predecessors[0] : undefined;
    this.#parent.set(block, only !== undefined && this.covers(before, only) ? only : before);
  }

  /** Whether every way to `at` leads through `block`. */
  covers(block: Block, at: Block): boolean {
    for (let here: Block | undefined = at; here !== undefined; here = this.#parent.get(here)) {
      if (here === block) return true;
    }
    return false;
  }
}
