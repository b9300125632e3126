/**
 * Reads DWARF's numbers one after another. Whoever is watched may have made the bytes, so every read
 * is checked against their end, and numbers that a position could never be are refused.
 */
import { EhFrameError } from "./errors.ts";

/** DW_EH_PE_*: the low four bits say how a pointer is written, the next three what it is counted from. */
const PointerFormat = { word: 0, uleb: 1, u16: 2, u32: 3, u64: 4, sleb: 9, s16: 10, s32: 11, s64: 12 } as const;
const PC_RELATIVE = 0x10;
const DATA_RELATIVE = 0x30;
const INDIRECT = 0x80;
/** No pointer is there. */
export const OMIT = 0xff;

/** Bytes of a LEB128 number of 64 bits. */
const LONGEST_LEB = 10;

export class Cursor {
  readonly #view: DataView;
  /** Where byte 0 is loaded. */
  readonly #address: number;
  #at: number;
  #end: number;

  /** From byte `at` to before byte `end` of bytes that are loaded at `address`. */
  constructor(view: DataView, address: number, at: number = 0, end: number = view.byteLength) {
    if (!(at >= 0 && at <= end && end <= view.byteLength))
      throw new EhFrameError(`bytes ${at} to ${end} are not among ${view.byteLength}`);
    this.#view = view;
    this.#address = address;
    this.#at = at;
    this.#end = end;
  }

  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** The next `bytes` as a cursor of their own; this one goes on behind them. */
  take(bytes: number): Cursor {
    const start = this.#advance(bytes);
    return new Cursor(this.#view, this.#address, start, start + bytes);
  }

  skip(bytes: number): void {
    this.#advance(bytes);
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Exact up to 2^53, which no address of user space reaches. */
  u64(): number {
    const at = this.#advance(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  uleb(): number {
    return this.#leb(false);
  }

  sleb(): number {
    return this.#leb(true);
  }

  /** A text that ends with NUL, in Latin-1. */
  text(): string {
    let text = "";
    for (let byte = this.u8(); byte !== 0; byte = this.u8()) text += String.fromCharCode(byte);
    return text;
  }

  /** A pointer in one of the encodings of `.eh_frame`; `dataBase` is what data-relative ones are counted from. */
  pointer(encoding: number, dataBase?: number): number {
    const here = this.#address + this.#at;
    const value = this.#encoded(encoding & 0x0f);
    if ((encoding & INDIRECT) !== 0) throw new EhFrameError(`a pointer at byte ${this.#at} is kept elsewhere`);
    switch (encoding & 0x70) {
      case 0:
        return value;
      case PC_RELATIVE:
        return here + value;
      case DATA_RELATIVE:
        if (dataBase !== undefined) return dataBase + value;
    }
    throw new EhFrameError(`pointer encoding 0x${encoding.toString(16)} at byte ${this.#at} is not known`);
  }

  #encoded(format: number): number {
    switch (format) {
      case PointerFormat.word:
      case PointerFormat.u64:
        return this.u64();
      case PointerFormat.uleb:
        return this.uleb();
      case PointerFormat.sleb:
        return this.sleb();
      case PointerFormat.u16:
        return this.u16();
      case PointerFormat.u32:
        return this.u32();
      case PointerFormat.s16:
        return this.#view.getInt16(this.#advance(2), true);
      case PointerFormat.s32:
        return this.#view.getInt32(this.#advance(4), true);
      case PointerFormat.s64:
        return Number(this.#view.getBigInt64(this.#advance(8), true));
    }
    throw new EhFrameError(`pointer format ${format} at byte ${this.#at} is not known`);
  }

  #leb(signed: boolean): number {
    let value = 0;
    let scale = 1;
    for (let bytes = 0; bytes < LONGEST_LEB; bytes++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return signed && byte >= 0x40 ? value - scale : value;
    }
    throw new EhFrameError(`a number at byte ${this.#at} is longer than ${LONGEST_LEB} bytes`);
  }

  #advance(bytes: number): number {
    const at = this.#at;
    if (!(bytes >= 0) || at + bytes > this.#end)
      throw new EhFrameError(`${bytes} bytes at byte ${at} run over the end at ${this.#end}`);
    this.#at = at + bytes;
    return at;
  }
}
