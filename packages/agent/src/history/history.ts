/**
 * The last hour of every metric, at full resolution, in bounded memory: when that is used up the oldest
 * minutes go first, of all metrics together, and {@link History.oldest} says how far back it still reaches.
 */
import { type Family, scalarFamily } from "../exposition/family.ts";
import type { ByteTable } from "../exposition/byte-table.ts";
import type { Reading, Readings } from "../metrics/readings.ts";
import { Block } from "./block.ts";

export interface HistoryOptions {
  /** Bytes. */
  readonly memory: number;
  /** Milliseconds between samples, unless readings cost so much that this were more than a hundredth of a CPU. */
  readonly interval: number;
}

const HOUR = 3_600_000;
const LEAST_WAIT = 500;
const GREATEST_SHARE = 0.01;
/** Blocks of 60 samples are closed together: memory is looked at now and then. */
const TRIM_EVERY = 12;

export class History {
  readonly #options: HistoryOptions;
  readonly #families = new Map<string, Block[]>();
  #timer: NodeJS.Timeout | undefined;
  #last: number = 0;
  #spacing: number;
  #samples: number = 0;
  #dropped: number = 0;
  #memory: number = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#spacing = options.interval;
  }

  /** Takes samples from now on: those that others ask for, and its own where nobody does. */
  start(readings: Readings): void {
    readings.onReading((reading) => this.#offer(reading));
    const tick = (): void => {
      const due = this.#last + this.#spacing - Date.now();
      // What cannot be read shows in the answer to whoever scrapes.
      if (due <= 0) readings.take().catch(() => {});
      this.#timer = setTimeout(tick, Math.max(LEAST_WAIT, due));
      this.#timer.unref();
    };
    tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** A sample of everything. */
  add(time: number, families: Iterable<Family>): void {
    this.#last = time;
    for (const family of families) {
      const blocks = this.#families.get(family.name) ?? [];
      this.#families.set(family.name, blocks);
      let block = blocks.at(-1);
      if (block?.takes(family) !== true) {
        block?.close();
        blocks.push((block = new Block(family)));
      }
      block.add(time, family);
    }
    if (this.#samples++ % TRIM_EVERY === 0) this.trim(time);
  }

  /** The blocks of a family that reach into the time since `since`, the oldest first. */
  blocks(name: string, since: number): readonly Block[] {
    return (this.#families.get(name) ?? []).filter((block) => block.times.at(-1)! >= since);
  }

  get names(): readonly string[] {
    return [...this.#families.keys()];
  }

  /** The time of the oldest sample of a family, or of all. */
  oldest(name?: string): number | undefined {
    const lists = name === undefined ? [...this.#families.values()] : [this.#families.get(name) ?? []];
    const times = lists.flatMap(([first]) => first?.times[0] ?? []);
    return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
  }

  /** Lets go of what is older than an hour, then of the oldest until the rest fits. */
  trim(now: number): void {
    for (const [name, blocks] of this.#families) {
      while (blocks.length > 0 && blocks[0]!.times.at(-1)! < now - HOUR) blocks.shift();
      if (blocks.length === 0) this.#families.delete(name);
    }
    while ((this.#memory = this.#measure()) > this.#options.memory && this.#dropOldest());
  }

  /** What the agent says of its history. */
  families(): Family[] {
    const oldest = this.oldest();
    return [
      scalarFamily("gauge", { name: "sonde_history_bytes", help: "Memory that history takes", unit: "bytes" }, [
        ["", this.#memory],
      ]),
      scalarFamily("gauge", { name: "sonde_history_seconds", help: "How far back history reaches", unit: "seconds" }, [
        ["", oldest === undefined ? 0 : (this.#last - oldest) / 1000],
      ]),
      scalarFamily(
        "counter",
        {
          name: "sonde_history_dropped_samples",
          help: "Samples of a metric that were let go of before their hour was over, for want of memory",
        },
        [["", this.#dropped]],
      ),
    ];
  }

  #offer({ time, families, cost }: Reading): void {
    this.#spacing = Math.max(this.#options.interval, cost / GREATEST_SHARE);
    if (time - this.#last >= 0.9 * this.#spacing) this.add(time, families);
  }

  /** Labels are held by metrics too, but for those of the past. */
  #measure(): number {
    let memory = 0;
    for (const blocks of this.#families.values()) {
      const tables = new Set<ByteTable>();
      for (const block of blocks) {
        memory += block.memory;
        tables.add(block.labels);
      }
      tables.delete(blocks.at(-1)!.labels);
      for (const table of tables) memory += table.memory;
    }
    return memory;
  }

  /** False when there is nothing left but what is being written. */
  #dropOldest(): boolean {
    let oldest: Block[] | undefined;
    for (const blocks of this.#families.values()) {
      if (blocks.length > 0 && (oldest === undefined || blocks[0]!.times[0]! < oldest[0]!.times[0]!)) oldest = blocks;
    }
    const block = oldest?.shift();
    if (block === undefined) return false;
    this.#dropped += block.times.length;
    if (oldest!.length === 0) this.#families.delete(block.family.name);
    return true;
  }
}
