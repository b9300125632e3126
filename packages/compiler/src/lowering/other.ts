/** What a map has no room for: its changes go to the one value of all such keys, so that sums stay right, or are counted as lost. */
import type { MapSpec, OtherView } from "@sonde/bpf/spec";
import { lookUp, type Change } from "./entries.ts";
import type { Frame } from "./frame.ts";
import { countLoss } from "./losses.ts";

/**
 * The map of that value, beside `map`. LRU maps make room by themselves and arrays have all their keys:
 * they have none.
 */
export function otherMap({ type, valueSize }: MapSpec, called: string, indexTypeId: number): MapSpec | undefined {
  if (type !== "hash" && type !== "percpu_hash") return undefined;
  return {
    name: called,
    type: type === "hash" ? "array" : "percpu_array",
    keySize: 4,
    valueSize: valueSize + 8,
    maxEntries: 1,
    flags: 0,
    keyTypeId: indexTypeId,
    valueTypeId: 0,
  };
}

/** Where readers find it. */
export function otherView(map: MapSpec, other: MapSpec): OtherView {
  return { map: other.name, countOffset: map.valueSize };
}

/** A key found `map` full: its change. */
export function overflow(h: Frame, map: MapSpec, other: MapSpec | undefined, change: Change): void {
  if (other === undefined) return countLoss(h, "MapFull");
  const { builder } = h;
  h.ifNonNull(lookUp(h, other.name, h.zeroIndex()), "mapValue", (entry) => {
    change(entry);
    builder.atomicAdd(entry, otherView(map, other).countOffset, 8, h.constant(1));
  });
}
