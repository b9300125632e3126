/**
 * The string section: NUL-terminated texts, addressed by the byte they start at. Names are ASCII;
 * source lines may be any UTF-8.
 */
export class StringSection {
  readonly bytes: Uint8Array;
  readonly #decoder = new TextDecoder();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The string that starts at `offset`; empty past the end. */
  at(offset: number): string {
    if (offset >= this.bytes.length || this.bytes[offset] === 0) return "";
    const end = this.bytes.indexOf(0, offset);
    return this.#decoder.decode(this.bytes.subarray(offset, end === -1 ? this.bytes.length : end));
  }

  /**
   * The same as {@link at}, for very many: the whole section is decoded at once and cut. Where it
   * is not all ASCII, bytes and characters do not count alike and each is decoded by itself.
   */
  bulk(): (offset: number) => string {
    const text = this.#decoder.decode(this.bytes);
    if (text.length !== this.bytes.length) return (offset) => this.at(offset);
    return (offset) => text.slice(offset, text.indexOf("\0", offset));
  }

  /**
   * Where a string starts, or -1. A section opens with an empty string, that of split BTF may also
   * open with another; every other string has a NUL before it. Writers of BTF store each string
   * once, so the first place is the only one.
   */
  find(text: string): number {
    if (text === "") return 0;
    if (this.bytes[0] !== 0 && this.at(0) === text) return 0;
    const at = indexOfBytes(this.bytes, new TextEncoder().encode(`\0${text}\0`));
    return at === -1 ? -1 : at + 1;
  }
}

/** Node.js searches natively, some ten times faster than code that has not been compiled yet. */
function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array): number {
  if (typeof Buffer === "function") return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(wanted);
  const last = bytes.length - wanted.length;
  for (let at = bytes.indexOf(wanted[0]!); at !== -1 && at <= last; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
