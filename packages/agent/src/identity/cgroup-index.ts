/**
 * Every cgroup that there is, and for a while those that there were: a metric is read seconds after its
 * container has gone.
 */
export interface CgroupRecord {
  readonly id: bigint;
  readonly path: string;
  /** Undefined for the root, and for one whose parent was never seen. */
  readonly parent: CgroupRecord | undefined;
  /** The thread that made it; undefined for those that were there already. */
  readonly maker: string | undefined;
  /** Milliseconds since 1970; undefined while it exists. */
  removed: number | undefined;
}

export interface TombstoneLimits {
  /** Milliseconds that a removed cgroup is remembered: several scrapes. */
  readonly keep: number;
  /** How many removed ones are remembered at most; the oldest go first. */
  readonly most: number;
}

/** Fifteen minutes outlast any scrape interval; 20,000 are some 10 MB. */
export const DEFAULT_LIMITS: TombstoneLimits = { keep: 15 * 60_000, most: 20_000 };

export class CgroupIndex {
  readonly #limits: TombstoneLimits;
  readonly #now: () => number;
  readonly #records = new Map<bigint, CgroupRecord>();
  /** Of those that exist. */
  readonly #paths = new Map<string, bigint>();
  /** Removed ones, the first removed first. */
  readonly #tombstones = new Map<bigint, CgroupRecord>();

  constructor(limits: TombstoneLimits = DEFAULT_LIMITS, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  get size(): number {
    return this.#records.size;
  }

  /** Those that are gone and remembered. */
  get tombstones(): number {
    return this.#tombstones.size;
  }

  get(id: bigint): CgroupRecord | undefined {
    return this.#records.get(id);
  }

  /** The one that is there now. */
  at(path: string): CgroupRecord | undefined {
    const id = this.#paths.get(path);
    return id === undefined ? undefined : this.#records.get(id);
  }

  /** Those that exist. */
  *present(): Generator<CgroupRecord> {
    for (const record of this.#records.values()) if (record.removed === undefined) yield record;
  }

  /** The record that there is already if the same cgroup is told of twice. */
  add(id: bigint, path: string, parent: bigint | undefined, maker: string | undefined): CgroupRecord {
    const known = this.#records.get(id);
    if (known !== undefined) return known;
    const above = parent === undefined ? undefined : this.#records.get(parent);
    const record: CgroupRecord = { id, path, parent: above, maker, removed: undefined };
    this.#records.set(id, record);
    this.#paths.set(path, id);
    this.#forget();
    return record;
  }

  remove(id: bigint): CgroupRecord | undefined {
    const record = this.#records.get(id);
    if (record === undefined || record.removed !== undefined) return record;
    record.removed = this.#now();
    if (this.#paths.get(record.path) === id) this.#paths.delete(record.path);
    this.#tombstones.set(id, record);
    this.#forget();
    return record;
  }

  #forget(): void {
    const { keep, most } = this.#limits;
    const before = this.#now() - keep;
    for (const [id, { removed = 0 }] of this.#tombstones) {
      if (removed >= before && this.#tombstones.size <= most) return;
      this.#tombstones.delete(id);
      this.#records.delete(id);
    }
  }
}
