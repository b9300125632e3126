/** What the stack is known to hold at a place: the values that were stored to slots whose address goes nowhere. */
import { frameAddress } from "../codegen/frame.ts";
import type { FrameAddress } from "../codegen/frame.ts";
import { helperEffects } from "../codegen/helpers.ts";
import type { Block, Func, Inst, Slot } from "../ir/ir.ts";
import { operand, operandCount } from "../ir/values.ts";
import { findEscaped } from "./slots.ts";

/** The value that some bytes of a slot were written from. */
export interface Stored {
  readonly offset: number;
  readonly size: number;
  readonly value: Inst;
}

export class StackContents {
  readonly #escaped: Uint8Array;
  /** By slot id, in the order of offsets. */
  readonly #stored: Map<number, readonly Stored[]>;

  /** What all of `before` agree on; nothing if there are none. */
  constructor(escaped: Uint8Array, [first, ...others]: readonly StackContents[]) {
    this.#escaped = escaped;
    this.#stored = new Map(first === undefined ? undefined : first.#stored);
    for (const other of others) {
      for (const [slot, stored] of this.#stored) {
        const there = other.#stored.get(slot) ?? [];
        if (stored !== there)
          this.#stored.set(
            slot,
            stored.filter((each) => there.some((that) => isSame(each, that))),
          );
      }
    }
  }

  /** All that is known of a slot. */
  of({ id }: Slot): readonly Stored[] {
    return this.#stored.get(id) ?? [];
  }

  /** Takes account of an instruction; `value` is what a store stores. */
  note(inst: Inst, value: Inst | undefined = inst.op === "store" ? inst.value : undefined): void {
    switch (inst.op) {
      case "store": {
        const address = frameAddress(inst.base);
        if (address === undefined || this.#escaped[address.slot.id] === 1 || value === undefined) return;
        const offset = address.offset + inst.offset;
        this.#forget(address, inst.offset, inst.size);
        const all = [...this.of(address.slot), { offset, size: inst.size, value }];
        this.#stored.set(
          address.slot.id,
          all.sort((a, b) => a.offset - b.offset),
        );
        return;
      }
      case "zero":
        return this.#overwrite(inst.base, inst.offset, inst.bytes);
      case "copy":
        return this.#overwrite(inst.to, inst.toOffset, inst.bytes);
      case "atomicAdd":
        return this.#overwrite(inst.base, inst.offset, inst.size);
      case "call":
      case "callFunction":
      case "callKernel": {
        if (inst.op === "call" && helperEffects(inst.helper).onlyReads) return;
        const count = operandCount(inst);
        for (let index = 0; index < count; index++) {
          const address = frameAddress(operand(inst, index));
          if (address !== undefined) this.#stored.delete(address.slot.id);
        }
      }
    }
  }

  #overwrite(base: Inst, offset: number, bytes: number): void {
    const address = frameAddress(base);
    if (address !== undefined) this.#forget(address, offset, bytes);
  }

  #forget({ slot, offset }: FrameAddress, further: number, bytes: number): void {
    const before = this.#stored.get(slot.id);
    if (before === undefined) return;
    const from = offset + further;
    const left = before.filter((each) => each.offset + each.size <= from || from + bytes <= each.offset);
    this.#stored.set(slot.id, left);
  }
}

function isSame(a: Stored, b: Stored): boolean {
  return a.offset === b.offset && a.size === b.size && (a.value === b.value || isSameConstant(a.value, b.value));
}

function isSameConstant(a: Inst, b: Inst): boolean {
  return a.op === "const" && b.op === "const" && a.value === b.value;
}

/** Along a function: each block begins with what its predecessors agree on. */
export class ContentsByBlock {
  readonly #escaped: Uint8Array;
  readonly #ends = new Map<Block, StackContents>();

  constructor(func: Func) {
    this.#escaped = findEscaped(func);
  }

  /** For the block's instructions to be noted in. Blocks come in reverse postorder. */
  enter(block: Block): StackContents {
    const contents = new StackContents(this.#escaped, endsOf(block, this.#ends));
    this.#ends.set(block, contents);
    return contents;
  }
}

/** What is known at the ends of a block's predecessors; nothing where a loop's end is still to come. */
export function endsOf<T>(block: Block, ends: ReadonlyMap<Block, T>): readonly T[] {
  const known: T[] = [];
  for (const from of block.predecessors) {
    const end = ends.get(from);
    if (end === undefined) return [];
    known.push(end);
  }
  return known;
}
