/** Memory that text is written into until it is full, then handed on, then used again. */
import type { ByteTable } from "./byte-table.ts";
import { NUMBER_ROOM, writeNumber } from "./number.ts";

/** What is handed on at once. */
const SIZE = 64 * 1024;
/** Room for a line more than that, unless the line is a long one. */
const SLACK = 4096;

export class Chunk {
  #memory: Buffer = Buffer.allocUnsafeSlow(SIZE + SLACK);
  /** Bytes written since the last {@link take}. */
  length: number = 0;

  /** It is time to {@link take} what there is. */
  get full(): boolean {
    return this.length >= SIZE;
  }

  /** What was written, valid until something is written again. */
  take(): Uint8Array {
    const piece = this.#memory.subarray(0, this.length);
    this.length = 0;
    return piece;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const memory = this.#memory;
    let at = this.length;
    for (let i = 0; i < bytes.length; i++) memory[at++] = bytes[i]!;
    this.length = at;
  }

  entry(table: ByteTable, index: number): void {
    this.#reserve(table.length(index));
    this.length = table.copy(index, this.#memory, this.length);
  }

  number(value: number): void {
    this.#reserve(NUMBER_ROOM);
    this.length = writeNumber(value, this.#memory, this.length);
  }

  newline(): void {
    this.#reserve(1);
    this.#memory[this.length++] = 0x0a;
  }

  /** Unpaired surrogates, which stand for bytes that are no UTF-8, become U+FFFD. */
  text(text: string): void {
    this.#reserve(3 * text.length);
    this.length += this.#memory.write(text, this.length, "utf8");
  }

  #reserve(size: number): void {
    if (this.length + size <= this.#memory.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#memory.length, this.length + size));
    larger.set(this.#memory.subarray(0, this.length));
    this.#memory = larger;
  }
}
