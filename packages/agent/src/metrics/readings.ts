/**
 * Readings of all metrics, shared: whoever asks in the same turn of the event loop gets the same one, so
 * that ten scrapes at once cost what one does. None is older than the request that it answers.
 */
import type { Family } from "../exposition/family.ts";

export interface Reading {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly families: readonly Family[];
  /** What taking it cost, in milliseconds. */
  readonly cost: number;
}

export class Readings {
  readonly #read: () => Iterable<Family>;
  readonly #listeners: ((reading: Reading) => void)[] = [];
  #next: Promise<Reading> | undefined;

  constructor(read: () => Iterable<Family>) {
    this.#read = read;
  }

  /** As of now. Rejects with what reading throws. */
  take(): Promise<Reading> {
    this.#next ??= new Promise((resolve, reject) => {
      // Requests that are waiting in their sockets are handed out before this runs.
      setImmediate(() => {
        this.#next = undefined;
        try {
          resolve(this.#now());
        } catch (error) {
          reject(error);
        }
      });
    });
    return this.#next;
  }

  /** Calls `listener` with every reading that anybody asks for. */
  onReading(listener: (reading: Reading) => void): void {
    this.#listeners.push(listener);
  }

  #now(): Reading {
    const started = performance.now();
    const time = Date.now();
    const families = [...this.#read()];
    const reading = { time, families, cost: performance.now() - started };
    for (const listener of this.#listeners) listener(reading);
    return reading;
  }
}
