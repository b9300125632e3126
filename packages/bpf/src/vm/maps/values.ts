/** Keys and values as an author may write them. */

/** Bytes of exactly the right length, or a number that is written little-endian at that length. */
export type Value = Uint8Array | number | bigint;

/** Errors: RangeError for bytes of another length. */
export function toBytes(value: Value, size: number, subject: string): Uint8Array {
  if (typeof value === "object") {
    if (value.length !== size) throw new RangeError(`${subject} has ${size} bytes, not ${value.length}`);
    return value;
  }
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(8 * size, BigInt(value));
  for (let index = 0; rest > 0n; index++, rest >>= 8n) bytes[index] = Number(rest & 0xffn);
  return bytes;
}

/** The unsigned number in these little-endian bytes. */
export function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

/** A string that is equal for equal bytes only. */
export function identity(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
