/** Says aloud what was lost, as soon as it is known, and what to do about it. */
import type { Collection } from "@sonde/kernel/collection";
import type { Sink } from "../print/sink.ts";
import { incomplete, readOutcomes } from "../unwind/outcomes.ts";
import { LossReader, type LossTotals } from "./losses.ts";
import type { MapReaders } from "./maps.ts";

export class LossReport {
  readonly #reader: LossReader | undefined;
  readonly #collection: Collection;
  readonly #maps: MapReaders;
  readonly #sink: Sink;
  /** Over the whole session. */
  #lostEvents: number = 0;
  #mapFull: number = 0;
  #mapFullSaid: number = 0;
  #stacks: number = 0;

  constructor(collection: Collection, maps: MapReaders, sink: Sink, possibleCpus: () => readonly number[]) {
    const { losses } = collection.manifest;
    this.#reader = losses === undefined ? undefined : new LossReader(collection.map(losses), possibleCpus());
    this.#collection = collection;
    this.#maps = maps;
    this.#sink = sink;
  }

  get totals(): LossTotals {
    const { unwind } = this.#collection.manifest;
    return {
      ringFull: this.#lostEvents,
      mapFull: this.#mapFull,
      stackLost: this.#stacks,
      stackIncomplete: unwind === undefined ? 0 : incomplete(readOutcomes(this.#collection.map(unwind.outcomes))),
    };
  }

  /** Reports events lost since the last time, and a full map the first time. */
  report(): void {
    if (this.#reader === undefined) return;
    const { ring, mapFull, stacks } = this.#reader.read();
    this.#lostEvents += ring.events;
    this.#mapFull += mapFull;
    this.#stacks += stacks;
    if (ring.events > 0) this.#sink.lostEvents(ring);
    if (this.#mapFullSaid === 0) this.#sayMapFull();
  }

  /** The same at the end, with totals. */
  reportRest(): void {
    this.report();
    this.#sayMapFull();
    if (this.#stacks > 0) {
      this.#sink.warning(`${this.#stacks} stacks were not kept: each had the hash of another in the same map.`);
    }
  }

  #sayMapFull(): void {
    if (this.#mapFull === this.#mapFullSaid) return;
    this.#mapFullSaid = this.#mapFull;
    const full = this.#collection.manifest.maps
      .filter((view) => view.keys.length > 0 && this.#maps.read(view).rows.length >= view.maxEntries)
      .map((view) => `${view.name} (${view.maxEntries} keys)`);
    const where = full.length === 0 ? "a map" : full.join(", ");
    this.#sink.warning(
      `${where} full: ${this.#mapFull} updates with new keys were not kept. ` +
        "Make room with config = { max_map_keys = N }, or delete keys that are done.",
    );
  }
}
