/** Random functions for property tests: all operations and widths, slots, branches, bounded loops, calls, many values alive at once. */
import { FunctionBuilder } from "../../ir/builder.ts";
import type { BinaryOp, CompareOp, Func, Inst, Width } from "../../ir/ir.ts";
import { SCALAR } from "../../ir/values.ts";
import type { VariableRef } from "../../ir/variables.ts";

const BINARY: readonly BinaryOp[] = [
  "add",
  "sub",
  "mul",
  "udiv",
  "sdiv",
  "umod",
  "smod",
  "and",
  "or",
  "xor",
  "shl",
  "lshr",
  "ashr",
];
const COMPARE: readonly CompareOp[] = ["eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge", "test"];
const INTERESTING: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  8n,
  31n,
  32n,
  33n,
  63n,
  64n,
  100n,
  255n,
  256n,
  4096n,
  65535n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  -1n,
  -2n,
  -8n,
  -0x8000_0000n,
  -0x8000_0001n,
  0x7fff_ffff_ffff_ffffn,
  -0x8000_0000_0000_0000n,
  0x1234_5678_9abc_def0n,
];

/** Helpers that random functions call, with the number of their arguments. */
export const CALLED: ReadonlyMap<number, number> = new Map([
  [14, 0],
  [15, 0],
  [300, 0],
  [301, 1],
  [302, 3],
  [303, 5],
]);

export interface RandomOptions {
  /** Statements altogether, more or less. */
  readonly size: number;
  readonly calls: boolean;
  readonly args: number;
}

/** The same seed gives the same numbers (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  word(): bigint {
    if (this.below(3) > 0) return BigInt.asUintN(64, this.pick(INTERESTING));
    return (BigInt(this.below(0x1_0000_0000)) << 32n) | BigInt(this.below(0x1_0000_0000));
  }
}

/** A subprogram of `args` scalar parameters. */
export function randomFunction(random: Random, options: RandomOptions): Func {
  return new Generator(random, options).run();
}

const SLOT_BYTES = 24;

class Generator {
  readonly #random: Random;
  readonly #calls: boolean;
  readonly #b: FunctionBuilder;
  /** Values that dominate the place being built. */
  readonly #scope: Inst[] = [];
  readonly #variables: VariableRef[] = [];
  readonly #slots: Inst[] = [];
  #left: number;

  constructor(random: Random, { size, calls, args }: RandomOptions) {
    this.#random = random;
    this.#calls = calls;
    this.#left = size;
    this.#b = new FunctionBuilder(
      "f",
      "subprogram",
      Array.from({ length: args }, () => SCALAR),
    );
    for (let index = 0; index < args; index++) this.#scope.push(this.#b.param(index));
  }

  run(): Func {
    const b = this.#b;
    for (let index = 0; index < 3; index++) {
      const slot = b.slot(SLOT_BYTES, `slot${index}`);
      b.zero(slot, 0, SLOT_BYTES);
      this.#slots.push(slot);
      const variable = b.variable(`x${index}`);
      b.write(variable, this.#value());
      this.#variables.push(variable);
    }
    this.#statements(0);
    b.return(this.#everything());
    return b.finish();
  }

  /** A hash of all that is alive, which keeps it alive. */
  #everything(): Inst {
    const b = this.#b;
    let hash = b.constant(7);
    const alive = [
      ...this.#scope,
      ...this.#variables.map((variable) => b.read(variable)),
      ...this.#slots.map((slot) => b.load(slot, 8, 8)),
    ];
    for (const value of alive) hash = b.binary("add", b.binary("mul", hash, b.constant(31)), value);
    return hash;
  }

  #statements(depth: number): void {
    const height = this.#scope.length;
    const end = this.#left - 2 - this.#random.below(12);
    while (this.#left > 0 && (depth === 0 || this.#left > end) && !this.#b.terminated) {
      this.#left--;
      this.#statement(depth);
    }
    if (depth > 0) this.#scope.length = height;
  }

  #statement(depth: number): void {
    const b = this.#b;
    const random = this.#random;
    switch (random.below(20)) {
      case 0:
        return this.#keep(b.extend(this.#value(), random.pick([8, 16, 32] as const), random.below(2) === 0));
      case 1:
        return this.#keep(b.byteSwap(this.#value(), random.pick([16, 32, 64] as const)));
      case 2:
        return this.#keep(b.compare(random.pick(COMPARE), this.#value(), this.#value(), this.#width()));
      case 3: {
        const size = random.pick([1, 2, 4, 8] as const);
        return b.store(random.pick(this.#slots), size * random.below(SLOT_BYTES / size), size, this.#value());
      }
      case 4: {
        const size = random.pick([1, 2, 4, 8] as const);
        return this.#keep(
          b.load(random.pick(this.#slots), size * random.below(SLOT_BYTES / size), size, {
            signed: random.below(2) === 0,
          }),
        );
      }
      case 5: {
        const size = random.pick([4, 8] as const);
        return b.atomicAdd(random.pick(this.#slots), size * random.below(SLOT_BYTES / size), size, this.#value());
      }
      case 6: {
        const offset = random.below(SLOT_BYTES);
        if (random.below(2) === 0)
          return b.zero(random.pick(this.#slots), offset, 1 + random.below(SLOT_BYTES - offset));
        const bytes = 1 + random.below(SLOT_BYTES - offset);
        const [to, from] = random.below(2) === 0 ? [0, 1] : [2, 0];
        return b.copy(this.#slots[to]!, random.below(SLOT_BYTES - bytes + 1), this.#slots[from]!, offset, bytes);
      }
      case 7:
      case 8:
        return b.write(random.pick(this.#variables), this.#value());
      case 9: {
        if (!this.#calls) return;
        const [helper, count] = random.pick([...CALLED]);
        return this.#keep(
          b.call(
            helper,
            Array.from({ length: count }, () => this.#value()),
          ),
        );
      }
      case 10:
      case 11:
        return depth < 4 ? this.#branch(depth) : undefined;
      case 12:
        return depth < 2 ? this.#loop(depth) : undefined;
      default:
        return this.#keep(b.binary(random.pick(BINARY), this.#value(), this.#value(), this.#width()));
    }
  }

  #branch(depth: number): void {
    const random = this.#random;
    const condition = { kind: random.pick(COMPARE), a: this.#value(), b: this.#value(), width: this.#width() };
    const side = (): void => {
      this.#statements(depth + 1);
      if (random.below(12) === 0) this.#b.return(this.#value());
    };
    const likely = random.pick([undefined, true, false]);
    this.#b.when(condition, side, random.below(2) === 0 ? () => this.#statements(depth + 1) : undefined, likely);
  }

  #loop(depth: number): void {
    const b = this.#b;
    const counter = b.variable("i");
    b.write(counter, b.constant(0));
    const head = b.block("head");
    const body = b.block("body");
    const after = b.block("after");
    b.jump(head);
    b.enter(head);
    b.branch({ kind: "ult", a: b.read(counter), b: b.constant(1 + this.#random.below(4)) }, body, after);
    b.seal(body);
    b.enter(body);
    this.#statements(depth + 1);
    if (!b.terminated) {
      b.write(counter, b.binary("add", b.read(counter), b.constant(1)));
      b.jump(head);
    }
    b.seal(head);
    b.seal(after);
    b.enter(after);
  }

  #keep(value: Inst): void {
    this.#scope.push(value);
  }

  #value(): Inst {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
        return this.#b.constant(random.word());
      case 1:
        if (this.#variables.length > 0) return this.#b.read(random.pick(this.#variables));
    }
    if (this.#scope.length === 0) return this.#b.constant(random.word());
    return random.pick(this.#scope);
  }

  #width(): Width {
    return this.#random.below(3) === 0 ? 32 : 64;
  }
}
