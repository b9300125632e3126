/**
 * What maps held before an upgrade gave them another size, which the kernel cannot change. Sums are not
 * copied, since programs add to them meanwhile: the old map stays as it was when its last program was done,
 * the new one begins at nothing, and whoever reads adds both.
 *
 *     v1  @calls (4096)          v2  @calls (8192)  +  base: v1's         v3  @calls (100)  +  bases: v1's, v2's
 */
import type { MapView } from "@sonde/bpf/spec";
import { type BpfMap, createMap } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";

/** By the MapSpec's name. Nothing is written into any of them. */
export type Bases = ReadonlyMap<string, readonly BpfMap[]>;

/** More are made one before another is put behind them. */
const MOST_BASES = 2;

/** What of a map its readers need. */
export type ReadableMap = Pick<BpfMap, "layout" | "lookup" | "batches" | "clear">;

/** A map and its bases as one: a key may come more than once, and its values are to be added. */
export function withBases(live: BpfMap, bases: readonly BpfMap[]): ReadableMap {
  if (bases.length === 0) return live;
  const all = [...bases, live];
  return {
    layout: live.layout,
    lookup: (key, into) => live.lookup(key, into),
    *batches() {
      for (const map of all) yield* map.batches();
    },
    clear: () => {
      for (const map of all) map.clear();
    },
  };
}

export function closeBases(bases: Bases): void {
  for (const maps of bases.values()) for (const map of maps) map.close();
}

/** The same maps, to be closed by another owner. */
export function duplicates(bases: readonly BpfMap[] = []): readonly BpfMap[] {
  return bases.map((base) => base.duplicate());
}

/** The bases of a map's successor; all are the caller's to close. Errors: KernelError. */
export function basesBehind(
  kernel: Kernel,
  live: BpfMap,
  bases: readonly BpfMap[] | undefined,
  view: MapView | undefined,
): readonly BpfMap[] {
  const before = bases !== undefined && bases.length >= MOST_BASES ? [sumOf(kernel, bases, view)] : duplicates(bases);
  return [...before, live.duplicate()];
}

/** One map with the keys of all and the sums of their values. */
function sumOf(kernel: Kernel, bases: readonly BpfMap[], view: MapView | undefined): BpfMap {
  const [first] = bases;
  if (first === undefined) throw new TypeError("there is nothing to be added up");
  const sums = new Map<string, Uint8Array<ArrayBuffer>>();
  const { keySize, valueSize, entrySize } = first.layout;
  for (const base of bases)
    base.forEach((keys, key, values, value) => {
      const id = Buffer.from(keys.buffer, keys.byteOffset + key, keySize).toString("latin1");
      const found = new Uint8Array(values.buffer, values.byteOffset + value, entrySize).slice();
      const sum = sums.get(id);
      if (sum === undefined) sums.set(id, found);
      else addLanes(sum, found, laneBytes(view));
    });
  const perCpu = first.type.includes("percpu");
  const map = createMap(kernel, {
    name: first.name,
    type: perCpu ? "percpu_hash" : "hash",
    keySize,
    valueSize,
    maxEntries: Math.max(1, sums.size),
    flags: 0,
    keyTypeId: 0,
    valueTypeId: 0,
  });
  try {
    for (const [id, value] of sums) map.update(Buffer.from(id, "latin1"), value);
    return map;
  } catch (error) {
    map.close();
    throw error;
  }
}

/** All figures that are added up are words, but for those that a program of another's has made smaller. */
function laneBytes(view: MapView | undefined): 1 | 2 | 4 | 8 {
  const value = view?.value;
  return value?.kind === "scalar" && value.type.kind === "int" ? value.type.size : 8;
}

function addLanes(sum: Uint8Array<ArrayBuffer>, more: Uint8Array<ArrayBuffer>, bytes: 1 | 2 | 4 | 8): void {
  if (bytes === 8) {
    const [to, from] = [new BigUint64Array(sum.buffer), new BigUint64Array(more.buffer)];
    for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
    return;
  }
  const Lanes = bytes === 4 ? Uint32Array : bytes === 2 ? Uint16Array : Uint8Array;
  const [to, from] = [new Lanes(sum.buffer), new Lanes(more.buffer)];
  for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
}
