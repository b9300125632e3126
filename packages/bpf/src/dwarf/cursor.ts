/** Reads values one after another from a piece of a section. Every step is checked against its end. */
import { DwarfError } from "./errors.ts";
import { utf8 } from "./source.ts";

/** More bytes than any 64-bit number takes, padding included. */
const MAX_LEB = 16;

export class Cursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** What is read next, from the start of the piece. */
  at: number;

  /** @param view of the same bytes, where there is one already: entries are many and small */
  constructor(bytes: Uint8Array, at = 0, view: DataView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)) {
    this.bytes = bytes;
    this.#view = view;
    this.at = at;
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** The position of the next `size` bytes, which are then behind. */
  take(size: number): number {
    const at = this.at;
    if (!(size >= 0) || at + size > this.bytes.length)
      throw new DwarfError(`${size} bytes at ${at} of a piece of ${this.bytes.length} bytes`);
    this.at = at + size;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.take(1));
  }

  s8(): number {
    return this.#view.getInt8(this.take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.take(2), true);
  }

  u24(): number {
    const at = this.take(3);
    return this.#view.getUint16(at, true) + (this.#view.getUint8(at + 2) << 16);
  }

  u32(): number {
    return this.#view.getUint32(this.take(4), true);
  }

  /** Exact: a bigint where a number is not. */
  u64(): number | bigint {
    const value = this.#view.getBigUint64(this.take(8), true);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  /** An offset into a section: 4 bytes, or 8 in the 64-bit format of DWARF. */
  offset(size: number): number {
    return size === 8 ? Number(this.u64()) : this.u32();
  }

  /** An address of the program, as a number: code of user space lies far below 2^53. */
  address(size: number): number {
    switch (size) {
      case 4:
        return this.u32();
      case 8:
        return Number(this.u64());
      default:
        throw new DwarfError(`addresses of ${size} bytes`);
    }
  }

  /**
   * Numbers of any length, seven bits to a byte, the lowest first; the top bit says that more follow:
   *
   *     624485 = 1|1100101  1|0001110  0|0100110
   */
  uleb(): number | bigint {
    return this.#leb(false);
  }

  sleb(): number | bigint {
    return this.#leb(true);
  }

  /** A uleb that counts or names something; larger than any file is damage. */
  count(): number {
    return Number(this.uleb());
  }

  skipLeb(): void {
    const { bytes } = this;
    let at = this.at;
    while (at < bytes.length && (bytes[at] as number) >= 0x80) at++;
    this.take(at + 1 - this.at);
  }

  text(): string {
    const start = this.at;
    this.skipText();
    return utf8(this.bytes.subarray(start, this.at - 1));
  }

  skipText(): void {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new DwarfError(`a text at ${this.at} without an end`);
    this.at = end + 1;
  }

  block(size: number): Uint8Array {
    const at = this.take(size);
    return this.bytes.subarray(at, at + size);
  }

  #leb(signed: boolean): number | bigint {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 7; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte < 0x80) return signed && byte >= 0x40 ? value - factor : value;
    }
    let wide = BigInt(value);
    let shift = 49n;
    for (let i = 7; i < MAX_LEB; i++) {
      const byte = this.u8();
      wide |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte >= 0x80) continue;
      const result = signed && byte >= 0x40 ? wide - (1n << shift) : wide;
      const exact = signed ? BigInt.asIntN(64, result) : BigInt.asUintN(64, result);
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
    }
    throw new DwarfError(`a number at ${this.at} does not end`);
  }
}
