/**
 * One reader of a stream. Events wait for it in a queue of bounded length; what does not fit is lost to
 * this reader alone, counted, and told to it where it happened.
 */
import type { StreamEvent } from "./event.ts";

/** What a reader gets at once: the events that were lost before these, and these. */
export interface Delivery {
  readonly lost: number;
  readonly events: readonly StreamEvent[];
}

const MOST_WAITING = 4096;

export class Subscription implements AsyncIterableIterator<Delivery, undefined> {
  readonly #onLost: (count: number) => void;
  readonly #onClose: () => void;
  #waiting: StreamEvent[] = [];
  #lost: number = 0;
  #closed: boolean = false;
  #wake: (() => void) | undefined;

  constructor(onLost: (count: number) => void, onClose: () => void) {
    this.#onLost = onLost;
    this.#onClose = onClose;
  }

  /** Never waits, never fails: whoever publishes is not held up by whoever reads. */
  offer(event: StreamEvent): void {
    if (this.#closed) return;
    if (this.#waiting.length >= MOST_WAITING) {
      this.#lost++;
      this.#onLost(1);
      return;
    }
    this.#waiting.push(event);
    this.#wake?.();
  }

  /** All that waits; an empty delivery when nothing has come for `patience` milliseconds; undefined once closed. */
  async take(patience: number): Promise<Delivery | undefined> {
    if (this.#waiting.length === 0 && !this.#closed) await this.#sleep(patience);
    if (this.#closed) return undefined;
    const delivery = { lost: this.#lost, events: this.#waiting };
    this.#waiting = [];
    this.#lost = 0;
    return delivery;
  }

  async next(): Promise<IteratorResult<Delivery, undefined>> {
    const value = await this.take(Infinity);
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  return(): Promise<IteratorResult<Delivery, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#wake?.();
    this.#onClose();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #sleep(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(patience) ? setTimeout(() => this.#wake?.(), patience) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
