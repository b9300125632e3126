/**
 * Long work on the event loop, done in turns: a scrape of a hundred thousand series keeps nobody waiting for
 * longer than a turn.
 */
import { setImmediate } from "node:timers/promises";

/** Work that may be interrupted wherever it yields. */
export type Steps<Result> = Generator<void, Result, void>;

/** Milliseconds of work before others come. */
const SHARE = 4;

/** Work too short to be interrupted. */
export function* oneStep<Result>(work: () => Result): Steps<Result> {
  yield;
  return work();
}

export class Turns {
  #began: number = performance.now();
  #waited = 0;

  /** Whether this turn has been long enough. */
  get over(): boolean {
    return performance.now() - this.#began >= SHARE;
  }

  /** Milliseconds that others had until now. */
  get waited(): number {
    return this.#waited;
  }

  /** Lets everybody who waits come first. */
  async pass(): Promise<void> {
    const left = performance.now();
    await setImmediate();
    this.#began = performance.now();
    this.#waited += this.#began - left;
  }
}

export async function inTurns<Result>(steps: Steps<Result>, turns: Turns = new Turns()): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (turns.over) await turns.pass();
  }
}

export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
