/** For tests: what is to end with the block that it belongs to and is not spoken of again. */
export class Held {
  readonly #held: Disposable[] = [];

  add(one: Disposable): void {
    this.#held.push(one);
  }

  /** The last one first. */
  [Symbol.dispose](): void {
    for (const one of this.#held.reverse()) one[Symbol.dispose]();
  }
}
