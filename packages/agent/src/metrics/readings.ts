/**
 * Readings of all metrics, shared: whoever asks before one begins gets the same one, so that ten scrapes at
 * once cost what one does. None is older than the request that it answers.
 */
import { setImmediate } from "node:timers/promises";
import type { Family } from "../exposition/family.ts";
import { inTurns, type Steps, Turns } from "../turns.ts";

export interface Reading {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly families: readonly Family[];
  /** What taking it cost, in milliseconds; what others did meanwhile is none of it. */
  readonly cost: number;
}

export class Readings {
  readonly #read: () => Steps<readonly Family[]>;
  readonly #listeners: ((reading: Reading) => void)[] = [];
  /** The one that has not begun yet, and the one under way. */
  #next: Promise<Reading> | undefined;
  #running: Promise<unknown> | undefined;

  constructor(read: () => Steps<readonly Family[]>) {
    this.#read = read;
  }

  /** As of now. Rejects with what reading throws. */
  take(): Promise<Reading> {
    return (this.#next ??= this.#begin());
  }

  /** Calls `listener` with every reading that anybody asks for. */
  onReading(listener: (reading: Reading) => void): void {
    this.#listeners.push(listener);
  }

  /** One after the other: what the labels of a key are is remembered from one to the next. */
  async #begin(): Promise<Reading> {
    await this.#running;
    // Requests that are waiting in their sockets are handed out before this goes on.
    await setImmediate();
    this.#next = undefined;
    const reading = this.#now();
    this.#running = reading.catch(() => {});
    return await reading;
  }

  async #now(): Promise<Reading> {
    const started = performance.now();
    const time = Date.now();
    const turns = new Turns();
    const families = await inTurns(this.#read(), turns);
    const reading = { time, families, cost: performance.now() - started - turns.waited };
    for (const listener of this.#listeners) listener(reading);
    return reading;
  }
}
