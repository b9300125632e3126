/** Metrics whose series begin anew after a time, so that keys which do not come again are forgotten. */
import type { ReadableMap } from "@sonde/runtime/hosted";

export class Lifetime {
  readonly #milliseconds: number;
  readonly #now: () => number;
  #map: ReadableMap | undefined;
  #begun: number;

  constructor(milliseconds: number, now: () => number = Date.now) {
    this.#milliseconds = milliseconds;
    this.#now = now;
    this.#begun = now();
  }

  /** Empties the map if its time is over; to be called before each reading. Answers since when it counts. */
  begin(map: ReadableMap, created: number): number {
    if (this.#map !== map) {
      this.#map = map;
      this.#begun = Math.max(this.#begun, created);
    }
    if (this.#now() - this.#begun >= this.#milliseconds) {
      map.clear();
      this.#begun = this.#now();
    }
    return this.#begun;
  }
}
