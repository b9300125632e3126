/** BPF_MAP_TYPE_PROG_ARRAY: where tail calls go, by the names of the object's programs. */
import { VmMap } from "./map.ts";

export class ProgramMap extends VmMap {
  readonly #programs = new Map<number, string>();

  /** Puts a program in a slot, or empties it. */
  set(index: number, program: string | undefined): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.spec.maxEntries) {
      throw new RangeError(`map '${this.name}' has slots 0 to ${this.spec.maxEntries - 1}, not ${index}`);
    }
    if (program === undefined) this.#programs.delete(index);
    else this.#programs.set(index, program);
  }

  get(index: number): string | undefined {
    return this.#programs.get(index);
  }
}
