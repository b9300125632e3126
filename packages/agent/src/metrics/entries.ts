/** The entries of a map, in batches. */
import { Bytes } from "@sonde/runtime";
import type { Steps } from "../turns.ts";
import type { LiveMap } from "./reader.ts";

/** Called with places in memory that is used again for the next entries. */
export type EntryVisitor = (keys: Bytes, key: number, values: DataView, value: number) => void;

/** A key that is seen first costs microseconds: its labels are made. */
const ENTRIES_OF_A_STEP = 1024;

export function* eachEntry(map: LiveMap, visit: EntryVisitor): Steps<void> {
  const { keySize, entrySize } = map.layout;
  let source: Bytes | undefined;
  for (const { count, keys, values } of map.batches()) {
    if (source?.view !== keys.view) source = new Bytes(keys.view);
    for (let from = 0; from < count; from += ENTRIES_OF_A_STEP) {
      const to = Math.min(count, from + ENTRIES_OF_A_STEP);
      for (let i = from; i < to; i++) visit(source, i * keySize, values.view, i * entrySize);
      yield;
    }
  }
}
