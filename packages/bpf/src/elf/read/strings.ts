/** A string table of a file that may be hostile: every string is decoded once, and not too much in all. */
import { ElfError } from "../errors.ts";

/**
 * The most characters that all names together may come to. Names may overlap, so that a small file
 * can ask for one long text from thousands of places.
 */
const MOST_CHARACTERS = 1 << 28;

/** Throws ElfError if as many references to the longest string of the table would come to too much. */
export function checkStrings(section: string, table: Uint8Array, references: number): void {
  let longest = 0;
  for (let start = 0; start < table.length;) {
    const found = table.indexOf(0, start);
    const end = found === -1 ? table.length : found;
    longest = Math.max(longest, end - start);
    start = end + 1;
  }
  if (longest * references > MOST_CHARACTERS) {
    throw new ElfError(`a string of ${longest} bytes is too long where ${references} names may refer to it`, {
      section,
    });
  }
}

export class StringTable {
  readonly #bytes: Uint8Array;
  readonly #section: string;
  readonly #known = new Map<number, string>();
  readonly #decoder = new TextDecoder();

  /** `references`: how many names may be asked for. */
  constructor(section: string, bytes: Uint8Array, references: number) {
    checkStrings(section, bytes, references);
    this.#section = section;
    this.#bytes = bytes;
  }

  at(offset: number): string {
    let text = this.#known.get(offset);
    if (text === undefined) {
      if (offset >= this.#bytes.length) {
        if (offset === 0) return "";
        throw new ElfError(`a name lies beyond the table's ${this.#bytes.length} bytes`, {
          section: this.#section,
          offset,
        });
      }
      const end = this.#bytes.indexOf(0, offset);
      text = this.#decoder.decode(this.#bytes.subarray(offset, end === -1 ? this.#bytes.length : end));
      this.#known.set(offset, text);
    }
    return text;
  }
}
