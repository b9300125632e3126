/** Arithmetic on {@link Integer}: numbers as long as they are exact, bigints beyond. */
import type { Integer } from "./value.ts";

/** The same integer in its canonical form: a number when it is within 2^53. */
export function canonical(value: bigint): Integer {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

/** Little-endian u64 at a byte offset. */
export function readUint64(view: DataView, offset: number): Integer {
  const value = view.getUint32(offset + 4, true) * 4294967296 + view.getUint32(offset, true);
  return value <= Number.MAX_SAFE_INTEGER ? value : view.getBigUint64(offset, true);
}

/** Little-endian i64 at a byte offset. */
export function readInt64(view: DataView, offset: number): Integer {
  const value = view.getInt32(offset + 4, true) * 4294967296 + view.getUint32(offset, true);
  return Number.isSafeInteger(value) ? value : view.getBigInt64(offset, true);
}

/** a + b, wrapped to 64 bits as the kernel's own addition would be. */
export function add(a: Integer, b: Integer, signed: boolean): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const sum = BigInt(a) + BigInt(b);
  return canonical(signed ? BigInt.asIntN(64, sum) : BigInt.asUintN(64, sum));
}

/** a / b towards zero, as C divides. */
export function divide(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0;
  return canonical(BigInt(a) / BigInt(b));
}

/** Negative, zero or positive, as sort functions want it. */
export function compare(a: Integer, b: Integer): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
