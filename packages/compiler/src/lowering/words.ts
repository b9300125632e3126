/** Byte strings known when compiling, taken as the words that a little-endian machine loads and stores; both architectures are that. */
import type { AccessSize } from "../ir/index.ts";

export interface Word {
  readonly offset: number;
  readonly size: AccessSize;
  readonly value: bigint;
  /** Which bits of the word count; all of them if undefined. */
  readonly mask: bigint | undefined;
}

/** A string's bytes, its NUL included. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/**
 * Cuts `bytes` into the fewest words for memory aligned to `alignment`; three last bytes are taken as a
 * word of four with a mask if `room` bytes may be read.
 */
export function words(bytes: Uint8Array, alignment: number, room: number): readonly Word[] {
  const result: Word[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const left = bytes.length - offset;
    const masked = left === 3 && alignment >= 4 && offset + 4 <= room;
    const size = masked ? 4 : largest(Math.min(left, alignment));
    result.push({
      offset,
      size,
      value: number(bytes.subarray(offset, offset + size)),
      mask: masked ? 0xffffffn : undefined,
    });
    offset += size;
  }
  return result;
}

function largest(limit: number): AccessSize {
  return limit >= 8 ? 8 : limit >= 4 ? 4 : limit >= 2 ? 2 : 1;
}

function number(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}
