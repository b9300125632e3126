/**
 * LZMA: bytes as they are, and copies of what came before. What comes next is told by bits whose
 * likelihoods depend on what came last:
 *
 *     0  byte                       a literal, coded with the byte before it in mind
 *     1  0  length distance         a copy from a new distance
 *     1  1  0  0                    one byte from the last distance
 *     1  1  0  1  length            a copy from the last distance
 *     1  1  1  ...  length          from the one before, of the last four
 *
 * Source: the LZMA specification that comes with the LZMA SDK, which is in the public domain.
 */
import { likelihoods, RangeDecoder, XzError } from "./range-decoder.ts";

const STATES = 12;
/** States below this follow a literal. */
const AFTER_LITERAL = 7;
const POSITION_STATES = 16;
const LITERAL_SIZE = 0x300;
const MIN_LENGTH = 2;
const LENGTH_STATES = 4;
const SLOT_BITS = 6;
/** Distances from here on have bits that are coded evenly. */
const FIRST_EVEN_SLOT = 14;
const FIRST_LONG_SLOT = 4;
const ALIGN_BITS = 4;

/** What a stream of chunks writes to, which is also what copies are made from. */
export interface Window {
  readonly bytes: Uint8Array;
  /** Bytes written. */
  length: number;
  /** Where the dictionary begins: copies reach no further back. */
  start: number;
}

/** How lengths are coded: three ranges of 8, 8 and 256, the first two apart for each position in a word. */
class Lengths {
  readonly #choice = likelihoods(2);
  readonly #low = likelihoods(POSITION_STATES << 3);
  readonly #middle = likelihoods(POSITION_STATES << 3);
  readonly #high = likelihoods(256);

  decode(range: RangeDecoder, position: number): number {
    if (range.bit(this.#choice, 0) === 0) return MIN_LENGTH + range.tree(this.#low, position << 3, 3);
    if (range.bit(this.#choice, 1) === 0) return MIN_LENGTH + 8 + range.tree(this.#middle, position << 3, 3);
    return MIN_LENGTH + 16 + range.tree(this.#high, 0, 8);
  }
}

export class LzmaDecoder {
  /** lc + 9 * (lp + 5 * pb): bits of the last byte, and of positions, that likelihoods depend on. */
  readonly properties: number;
  readonly #literalContext: number;
  readonly #literalPosition: number;
  readonly #positionMask: number;
  readonly #literals: Uint16Array;
  readonly #isCopy = likelihoods(STATES * POSITION_STATES);
  readonly #isRepeated = likelihoods(STATES);
  readonly #isNotLast = likelihoods(STATES);
  readonly #isLong = likelihoods(STATES * POSITION_STATES);
  readonly #isNotSecond = likelihoods(STATES);
  readonly #isNotThird = likelihoods(STATES);
  readonly #slots = likelihoods(LENGTH_STATES << SLOT_BITS);
  /** Of distances in the middle: the tree of each slot begins where those before it end. */
  readonly #special = likelihoods(128);
  readonly #align = likelihoods(1 << ALIGN_BITS);
  readonly #lengths = new Lengths();
  readonly #repeatedLengths = new Lengths();
  /** The last four distances, less one, the latest first. */
  #distances: [number, number, number, number] = [0, 0, 0, 0];
  #state = 0;

  constructor(properties: number) {
    this.properties = properties;
    const lc = properties % 9;
    const lp = Math.floor(properties / 9) % 5;
    const pb = Math.floor(properties / 45);
    if (pb > 4 || lc + lp > 4) throw new XzError(`damaged: properties ${properties}`);
    this.#literalContext = lc;
    this.#literalPosition = (1 << lp) - 1;
    this.#positionMask = (1 << pb) - 1;
    this.#literals = likelihoods(LITERAL_SIZE << (lc + lp));
  }

  /** Decodes one chunk: writes exactly `size` bytes. Throws XzError. */
  decode(range: RangeDecoder, window: Window, size: number): void {
    const end = window.length + size;
    while (window.length < end) {
      const position = (window.length - window.start) & this.#positionMask;
      const at = this.#state * POSITION_STATES + position;
      if (range.bit(this.#isCopy, at) === 0) {
        this.#literal(range, window);
      } else {
        const length = this.#copyLength(range, position, at);
        if (length > end - window.length) throw new XzError("damaged: a copy is longer than its chunk");
        copy(window, this.#distances[0] + 1, length);
      }
    }
    if (!range.finished) throw new XzError("damaged: a chunk has more than it says");
  }

  #literal(range: RangeDecoder, window: Window): void {
    const { bytes, length } = window;
    const before = length > window.start ? (bytes[length - 1] as number) : 0;
    const position = (length - window.start) & this.#literalPosition;
    const context = (position << this.#literalContext) + (before >> (8 - this.#literalContext));
    const base = context * LITERAL_SIZE;
    let symbol = 1;
    if (this.#state >= AFTER_LITERAL) {
      // After a copy comes a byte that differs from the one that would have been next in it.
      let expected = byteAt(window, this.#distances[0] + 1);
      while (symbol < 0x100) {
        const bit = (expected >> 7) & 1;
        expected <<= 1;
        const got = range.bit(this.#literals, base + ((1 + bit) << 8) + symbol);
        symbol = (symbol << 1) | got;
        if (got !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | range.bit(this.#literals, base + symbol);
    bytes[window.length++] = symbol & 0xff;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** Reads what is left of a copy's code, and puts its distance first. */
  #copyLength(range: RangeDecoder, position: number, at: number): number {
    const afterLiteral = this.#state < AFTER_LITERAL;
    if (range.bit(this.#isRepeated, this.#state) === 0) {
      const length = this.#lengths.decode(range, position);
      this.#state = afterLiteral ? 7 : 10;
      const [first, second, third] = this.#distances;
      this.#distances = [this.#distance(range, length), first, second, third];
      return length;
    }
    if (range.bit(this.#isNotLast, this.#state) === 0) {
      if (range.bit(this.#isLong, at) === 0) {
        this.#state = afterLiteral ? 9 : 11;
        return 1;
      }
    } else {
      this.#repeat(range);
    }
    this.#state = afterLiteral ? 8 : 11;
    return this.#repeatedLengths.decode(range, position);
  }

  #repeat(range: RangeDecoder): void {
    const [first, second, third, fourth] = this.#distances;
    if (range.bit(this.#isNotSecond, this.#state) === 0) this.#distances = [second, first, third, fourth];
    else if (range.bit(this.#isNotThird, this.#state) === 0) this.#distances = [third, first, second, fourth];
    else this.#distances = [fourth, first, second, third];
  }

  /** A slot says how large it is, to within its highest two bits; the lower ones follow. */
  #distance(range: RangeDecoder, length: number): number {
    const state = Math.min(length - MIN_LENGTH, LENGTH_STATES - 1);
    const slot = range.tree(this.#slots, state << SLOT_BITS, SLOT_BITS);
    if (slot < FIRST_LONG_SLOT) return slot;
    const bits = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) * 2 ** bits;
    if (slot < FIRST_EVEN_SLOT) return high + range.reverseTree(this.#special, high - slot, bits);
    const middle = range.even(bits - ALIGN_BITS) * (1 << ALIGN_BITS);
    return high + middle + range.reverseTree(this.#align, 0, ALIGN_BITS);
  }
}

function byteAt(window: Window, distance: number): number {
  if (distance > window.length - window.start) throw new XzError("damaged: a copy from before the beginning");
  return window.bytes[window.length - distance] as number;
}

/** What is copied may overlap what it is copied to: then it repeats. */
function copy(window: Window, distance: number, length: number): void {
  byteAt(window, distance);
  const { bytes } = window;
  const to = window.length;
  if (distance >= length) bytes.copyWithin(to, to - distance, to - distance + length);
  else for (let i = 0; i < length; i++) bytes[to + i] = bytes[to + i - distance] as number;
  window.length += length;
}
