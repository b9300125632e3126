/**
 * Programs with the subprograms that they use behind them, in libbpf's order: a subprogram follows
 * where it is first called or pointed to, and at once behind it those that it uses itself.
 */
import type { Instruction } from "../../asm/instruction.ts";
import { ElfError } from "../errors.ts";
import { functionInstructions } from "./functions.ts";
import type { ObjectFunction } from "./functions.ts";

/** In all programs together: as many as the kernel verifies of one; linking them takes half a second. */
const MOST_SLOTS = 1 << 20;

export interface Linked {
  readonly instructions: readonly Instruction[];
  /** BTF function ids by label. */
  readonly functions: ReadonlyMap<string, number>;
}

export class Linker {
  readonly #byLabel: ReadonlyMap<string, ObjectFunction>;
  readonly #parts = new Map<ObjectFunction, Part>();
  #slots = 0;
  #links = 0;

  constructor(functions: Iterable<ObjectFunction>) {
    this.#byLabel = new Map([...functions].map((entry) => [entry.label, entry]));
  }

  /** Throws ElfError if a function's jumps leave it, or the programs linked so far are too much. */
  link(main: ObjectFunction): Linked {
    const order = this.#order(main);
    const types = order.flatMap(({ entry }): [string, number][] => {
      const type = entry.code.types.get(entry.start);
      return type === undefined ? [] : [[entry.label, type]];
    });
    return { instructions: order.flatMap(({ instructions }) => instructions), functions: new Map(types) };
  }

  /** Depth first, without recursion: how deep functions call each other is up to the file. */
  #order(main: ObjectFunction): Part[] {
    const link = ++this.#links;
    const order: Part[] = [];
    const open: { readonly uses: readonly ObjectFunction[]; next: number }[] = [{ uses: [main], next: 0 }];
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const used = top.uses[top.next++];
      if (used === undefined) {
        open.pop();
        continue;
      }
      const part = this.#part(used);
      if (part.link === link) continue;
      part.link = link;
      order.push(part);
      open.push({ uses: part.uses, next: 0 });
      this.#slots += used.end - used.start;
      if (this.#slots > MOST_SLOTS) {
        throw new ElfError(`the programs and the subprograms they use have more than ${MOST_SLOTS} instructions`, {
          section: main.code.section.name,
        });
      }
    }
    return order;
  }

  #part(entry: ObjectFunction): Part {
    let part = this.#parts.get(entry);
    if (part === undefined) {
      const instructions = functionInstructions(entry);
      const uses = new Set<ObjectFunction>();
      for (let index = 0; index < instructions.length; index++) {
        const ref = instructions[index]!.ref;
        if (ref?.kind === "call" || ref?.kind === "func") uses.add(this.#byLabel.get(ref.label)!);
      }
      this.#parts.set(entry, (part = { entry, instructions, uses: [...uses], link: 0 }));
    }
    return part;
  }
}

interface Part {
  readonly entry: ObjectFunction;
  readonly instructions: readonly Instruction[];
  /** In the order of first use. */
  readonly uses: readonly ObjectFunction[];
  /** The number of the last program that got it. */
  link: number;
}
