/**
 * Programs with the subprograms that they use behind them, in libbpf's order: a subprogram follows
 * where it is first called or pointed to, and at once behind it those that it uses itself.
 */
import type { Instruction } from "../../asm/instruction.ts";
import { isLoadImm64 } from "../../asm/opcodes.ts";
import { ElfError } from "../errors.ts";
import { functionInstructions } from "./functions.ts";
import type { ObjectFunction } from "./functions.ts";

/** More instructions than this, in all programs together, no kernel has room for: it verifies a million in one. */
const MOST_SLOTS = 1 << 22;

export interface Linked {
  readonly instructions: readonly Instruction[];
  /** BTF function ids by label. */
  readonly functions: ReadonlyMap<string, number>;
}

export class Linker {
  readonly #byLabel: ReadonlyMap<string, ObjectFunction>;
  readonly #parts = new Map<ObjectFunction, Part>();
  #slots = 0;

  constructor(functions: Iterable<ObjectFunction>) {
    this.#byLabel = new Map([...functions].map((entry) => [entry.label, entry]));
  }

  /** Throws ElfError if a function's jumps leave it, or the programs linked so far are too much. */
  link(main: ObjectFunction): Linked {
    const order = this.#order(main);
    const types = order.flatMap((entry): [string, number][] => {
      const type = entry.code.types.get(entry.start);
      return type === undefined ? [] : [[entry.label, type]];
    });
    for (const { start, end } of order) this.#slots += end - start;
    if (this.#slots > MOST_SLOTS) {
      throw new ElfError(`the programs and the subprograms they use have more than ${MOST_SLOTS} instructions`, { section: main.code.section.name });
    }
    return { instructions: order.flatMap((entry) => this.#part(entry).instructions), functions: new Map(types) };
  }

  /** Depth first, without recursion: how deep functions call each other is up to the file. */
  #order(main: ObjectFunction): ObjectFunction[] {
    const order: ObjectFunction[] = [main];
    const seen = new Set(order);
    const open = [{ uses: this.#part(main).uses, next: 0 }];
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const used = top.uses[top.next++];
      if (used === undefined) open.pop();
      else if (!seen.has(used)) {
        seen.add(used);
        order.push(used);
        open.push({ uses: this.#part(used).uses, next: 0 });
      }
    }
    return order;
  }

  #part(entry: ObjectFunction): Part {
    let part = this.#parts.get(entry);
    if (part === undefined) {
      const instructions = functionInstructions(entry);
      const uses = new Set<ObjectFunction>();
      for (const { ref, opcode } of instructions) {
        if (ref?.kind === "call" || (ref?.kind === "func" && isLoadImm64(opcode))) uses.add(this.#byLabel.get(ref.label)!);
      }
      this.#parts.set(entry, part = { instructions, uses: [...uses] });
    }
    return part;
  }
}

interface Part {
  readonly instructions: readonly Instruction[];
  /** In the order of first use. */
  readonly uses: readonly ObjectFunction[];
}
