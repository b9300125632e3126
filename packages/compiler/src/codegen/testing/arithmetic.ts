/**
 * BPF's arithmetic and comparisons on bigints, as the instruction set's document defines them: for
 * tests, and so written apart from the compiler's own folding.
 */

export type Operation =
  | "add"
  | "sub"
  | "mul"
  | "udiv"
  | "sdiv"
  | "umod"
  | "smod"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "lshr"
  | "ashr";
export type Comparison = "eq" | "ne" | "ult" | "ule" | "ugt" | "uge" | "slt" | "sle" | "sgt" | "sge" | "test";

/** Operands are cut to the width; the result is zero-extended. */
export function compute(operation: Operation, width: 32 | 64, left: bigint, right: bigint): bigint {
  const a = BigInt.asUintN(width, left);
  const b = BigInt.asUintN(width, right);
  const sa = BigInt.asIntN(width, left);
  const sb = BigInt.asIntN(width, right);
  const shift = b & BigInt(width - 1);
  return BigInt.asUintN(
    width,
    ((): bigint => {
      switch (operation) {
        case "add":
          return a + b;
        case "sub":
          return a - b;
        case "mul":
          return a * b;
        case "udiv":
          return b === 0n ? 0n : a / b;
        case "sdiv":
          return b === 0n ? 0n : sa / sb;
        case "umod":
          return b === 0n ? a : a % b;
        case "smod":
          return b === 0n ? sa : sa % sb;
        case "and":
          return a & b;
        case "or":
          return a | b;
        case "xor":
          return a ^ b;
        case "shl":
          return a << shift;
        case "lshr":
          return a >> shift;
        case "ashr":
          return sa >> shift;
      }
    })(),
  );
}

export function holds(comparison: Comparison, width: 32 | 64, left: bigint, right: bigint): boolean {
  const a = BigInt.asUintN(width, left);
  const b = BigInt.asUintN(width, right);
  const sa = BigInt.asIntN(width, left);
  const sb = BigInt.asIntN(width, right);
  switch (comparison) {
    case "eq":
      return a === b;
    case "ne":
      return a !== b;
    case "ult":
      return a < b;
    case "ule":
      return a <= b;
    case "ugt":
      return a > b;
    case "uge":
      return a >= b;
    case "slt":
      return sa < sb;
    case "sle":
      return sa <= sb;
    case "sgt":
      return sa > sb;
    case "sge":
      return sa >= sb;
    case "test":
      return (a & b) !== 0n;
  }
}

export function swapBytes(value: bigint, bits: number): bigint {
  let swapped = 0n;
  for (let bit = 0; bit < bits; bit += 8) swapped = (swapped << 8n) | ((value >> BigInt(bit)) & 0xffn);
  return swapped;
}
