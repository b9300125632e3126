/**
 * Where a function's arguments are when its first instruction is about to run. The rules of both
 * architectures in one: arguments take integer registers, floating-point registers, or the next place on
 * the stack, in order, each by its class.
 *
 *                              x86-64                        aarch64
 *     integer registers        6                             8
 *     floating-point ones      8                             8
 *     on the stack from        sp + 8 (the return address)   sp
 *     structs of up to 16      by each eight bytes           integer registers, or alike floats in others
 *     larger ones              on the stack                  their address as an argument
 *     a large result           its address is an argument    not among them
 */
import type { Entry } from "./entry.ts";
import { classOf, type ValueClass } from "./value-class.ts";

export type Arch = "x86_64" | "aarch64";

export type ArgumentPlace =
  /** `count` integer argument registers from number `first`. */
  | { readonly kind: "registers"; readonly first: number; readonly count: number }
  /** The register holds the address of the value. */
  | { readonly kind: "address"; readonly register: number }
  /** Bytes from the stack pointer. */
  | { readonly kind: "stack"; readonly offset: number }
  /** In a register that programs of the kernel cannot read. */
  | { readonly kind: "float" }
  /** Behind a value of unknown type nothing is certain. */
  | { readonly kind: "unknown" };

const UNKNOWN: ArgumentPlace = { kind: "unknown" };

/** One place for each type; `result` is undefined for void. */
export function argumentPlaces(
  arch: Arch,
  types: readonly (Entry | undefined)[],
  result: Entry | undefined,
): readonly ArgumentPlace[] {
  const convention = new Convention(arch, result);
  return types.map((type) => convention.next(classOf(type)));
}

class Convention {
  readonly #isX86: boolean;
  readonly #integers: number;
  #integer = 0;
  #float = 0;
  #stack: number;
  #lost = false;

  constructor(arch: Arch, result: Entry | undefined) {
    this.#isX86 = arch === "x86_64";
    this.#integers = this.#isX86 ? 6 : 8;
    this.#stack = this.#isX86 ? 8 : 0;
    if (result === undefined || !this.#isX86) return;
    const value = classOf(result);
    if (value === undefined) this.#lost = true;
    else if (value.byReference || isInMemory(value)) this.#integer = 1;
  }

  next(value: ValueClass | undefined): ArgumentPlace {
    if (value === undefined) this.#lost = true;
    if (this.#lost || value === undefined) return UNKNOWN;
    if (value.byReference) return this.#address();
    if (value.size === 0) return { kind: "registers", first: this.#integer, count: 0 };
    return this.#isX86 ? this.#x86(value) : this.#aarch64(value);
  }

  #x86({ size, floats, alike }: ValueClass): ArgumentPlace {
    const inFloats = floats.filter((isFloat) => isFloat).length;
    const inIntegers = floats.length - inFloats;
    const fits = floats.length > 0 && this.#integer + inIntegers <= this.#integers && this.#float + inFloats <= 8;
    if (!fits) return this.#onStack(size, alike?.size === 16 ? 16 : 8);
    const first = this.#integer;
    this.#integer += inIntegers;
    this.#float += inFloats;
    return inFloats > 0 ? { kind: "float" } : { kind: "registers", first, count: inIntegers };
  }

  #aarch64({ size, alike }: ValueClass): ArgumentPlace {
    if (alike !== undefined && alike.count <= 4) {
      if (this.#float + alike.count > 8) {
        this.#float = 8;
        return this.#onStack(size);
      }
      this.#float += alike.count;
      return { kind: "float" };
    }
    if (size > 16) return this.#address();
    const count = Math.max(1, Math.ceil(size / 8));
    if (this.#integer + count > this.#integers) {
      this.#integer = this.#integers;
      return this.#onStack(size);
    }
    const first = this.#integer;
    this.#integer += count;
    return { kind: "registers", first, count };
  }

  #address(): ArgumentPlace {
    // An address on the stack would have to be read before what it leads to.
    if (this.#integer >= this.#integers) {
      this.#onStack(8);
      return UNKNOWN;
    }
    return { kind: "address", register: this.#integer++ };
  }

  /** At the entry of a function of x86-64 the stack is aligned to 16 above the return address. */
  #onStack(size: number, alignment = 8): ArgumentPlace {
    const start = this.#isX86 ? 8 : 0;
    const offset = Math.ceil((this.#stack - start) / alignment) * alignment + start;
    this.#stack = offset + Math.ceil(size / 8) * 8;
    return { kind: "stack", offset };
  }
}

/** A result in memory is asked for by its address; a lone long double has a register of its own. */
function isInMemory({ size, floats, alike }: ValueClass): boolean {
  return size > 0 && floats.length === 0 && !(alike?.size === 16 && alike.count === 1);
}
