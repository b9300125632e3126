/** A mangled name being read, and how much work it may cause. */

/** Thrown for a name that is no mangled name, or one that only exists to make a reader work. */
export class NotMangled extends Error {
  override readonly name = "NotMangled";
}

/** Deeper nesting than this is in no program; it would end in a stack overflow. */
const MAX_DEPTH = 192;

export class Reader {
  readonly text: string;
  at = 0;
  #depth = 0;

  constructor(text: string, at = 0) {
    this.text = text;
    this.at = at;
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  /** The next character, or the one some places on; "" at the end. */
  peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? "";
  }

  next(): string {
    const character = this.peek();
    if (character === "") this.fail();
    this.at++;
    return character;
  }

  /** Takes this text if it comes next. */
  accept(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail();
  }

  /** Takes what a sticky expression matches; "" if it does not. */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  /** A decimal number. */
  number(): number {
    const digits = this.match(/\d{1,9}/y);
    return digits === "" ? this.fail() : Number(digits);
  }

  /** So many characters. */
  take(length: number): string {
    const end = this.at + length;
    if (end > this.text.length) this.fail();
    const taken = this.text.slice(this.at, end);
    this.at = end;
    return taken;
  }

  /** Reads one construct inside another. */
  nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.fail();
    const value = read();
    this.#depth--;
    return value;
  }

  /** Reads something that it may turn out not to be; then nothing was read. */
  attempt<T>(read: () => T): T | undefined {
    const { at } = this;
    const depth = this.#depth;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof NotMangled)) throw error;
      this.at = at;
      this.#depth = depth;
      return undefined;
    }
  }

  fail(): never {
    throw new NotMangled(`not a mangled name at ${this.at}: ${this.text}`);
  }
}
