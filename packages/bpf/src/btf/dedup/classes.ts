/**
 * The state of a deduplication: for each type the one that stands for it. At first each stands for
 * itself; the passes beside this file make one type stand for others. A type of the base stands for
 * itself for ever.
 */
import type { BtfType, TypeId } from "../btf.ts";
import type { BtfReader } from "../reader.ts";
import { shellOf } from "./shell.ts";

export class TypeClasses {
  readonly btf: BtfReader;
  readonly #standIn: Uint32Array;
  readonly #shells: Uint32Array;

  constructor(btf: BtfReader) {
    this.btf = btf;
    this.#standIn = Uint32Array.from({ length: btf.size }, (_, id) => id);
    const numbers = new Map<string, number>();
    this.#shells = Uint32Array.from({ length: btf.size }, (_, id) => {
      const text = shellOf(btf.type(id));
      const number = numbers.get(text) ?? numbers.size;
      numbers.set(text, number);
      return number;
    });
  }

  type(id: TypeId): BtfType {
    return this.btf.type(id);
  }

  /** A number that types share if they differ in nothing but what they refer to. */
  shell(id: TypeId): number {
    return this.#shells[id]!;
  }

  /** The type that stands for this one. */
  find(id: TypeId): TypeId {
    let at = id;
    while (this.#standIn[at] !== at) at = this.#standIn[at]!;
    return at;
  }

  isBase(id: TypeId): boolean {
    return id < this.btf.firstId;
  }

  /** Whether no other type stands for this one. */
  isOwn(id: TypeId): boolean {
    return this.#standIn[id] === id;
  }

  /** Lets `other` stand for `id`, which must have stood for itself and be no type of the base. */
  replace(id: TypeId, other: TypeId): void {
    this.#standIn[id] = other;
  }
}
