/** The string section as it is written: each text once, in the order in which they are asked for. */
import { BtfError } from "./errors.ts";
import type { BtfReader } from "./reader.ts";

export class StringTable {
  readonly #base: BtfReader | undefined;
  readonly #offsets = new Map<string, number>();
  /** Those that are written here and not in the base. */
  readonly #own: string[] = [];
  #end: number;

  /** With a base, its strings are used where it has them, and the new ones are numbered behind them. */
  constructor(base?: BtfReader) {
    this.#base = base;
    this.#end = base?.stringBytes ?? 0;
    if (base === undefined) this.offset("");
    else this.#offsets.set("", 0);
  }

  /** The offset of a text, where it is put if it is not there yet. */
  offset(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const inBase = this.#base?.findString(text) ?? -1;
    const offset = inBase === -1 ? this.#append(text) : inBase;
    this.#offsets.set(text, offset);
    return offset;
  }

  #append(text: string): number {
    if (text.includes("\0")) throw new BtfError(`a BTF string may not hold a NUL: ${JSON.stringify(text)}`);
    const offset = this.#end;
    this.#own.push(text);
    this.#end += new TextEncoder().encode(text).length + 1;
    return offset;
  }

  encode(): Uint8Array {
    return new TextEncoder().encode(this.#own.map((text) => `${text}\0`).join(""));
  }
}
