/**
 * The register file: R0 to R10, then the constants that programs use, so that an immediate is one
 * more register to read and every operation has one form instead of two.
 *
 * One buffer is seen through four views. 64-bit operations work on bigints (the JIT keeps them in
 * machine words: some 110 million operations a second, against 150 for pairs of 32-bit halves);
 * 32-bit ones, addresses and moves work on halves: register n is `u32[2n]` and `u32[2n + 1]`.
 * Writing a bigint beyond 64 bits keeps its low 64: the views do the wrapping.
 */
const REGISTERS = 11;

/** What registers hold that a call or a start left without a value: no region has such an address. */
export const POISON = 0xbad0_bad0_bad0_bad0n;

export class Registers {
  readonly u64: BigUint64Array;
  readonly s64: BigInt64Array;
  readonly u32: Uint32Array;
  readonly s32: Int32Array;
  readonly #constants = new Map<bigint, number>();

  /** @param constants how many different ones there may be */
  constructor(constants: number) {
    const buffer = new ArrayBuffer(8 * (REGISTERS + constants));
    this.u64 = new BigUint64Array(buffer);
    this.s64 = new BigInt64Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.s32 = new Int32Array(buffer);
  }

  /** The number of the register that always holds this value (sign-extended if negative). */
  constant(value: bigint): number {
    const wrapped = BigInt.asUintN(64, value);
    const known = this.#constants.get(wrapped);
    if (known !== undefined) return known;
    const register = REGISTERS + this.#constants.size;
    this.#constants.set(wrapped, register);
    this.u64[register] = wrapped;
    return register;
  }

  /** Takes the values away from R`first` to R`last`. */
  poison(first: number, last: number): void {
    this.u64.fill(POISON, first, last + 1);
  }

  /** R0 to R10. */
  snapshot(): bigint[] {
    return [...this.u64.subarray(0, REGISTERS)];
  }
}
