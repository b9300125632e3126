/** The entries of a map, in batches. */
import { Bytes } from "@sonde/runtime";
import type { LiveMap } from "./reader.ts";

/** Called with places in memory that is used again for the next entries. */
export type EntryVisitor = (keys: Bytes, key: number, values: DataView, value: number) => void;

export function eachEntry(map: LiveMap, visit: EntryVisitor): void {
  const { keySize, entrySize } = map.layout;
  let source: Bytes | undefined;
  map.forEachBatch(({ count, keys, values }) => {
    if (source?.view !== keys.view) source = new Bytes(keys.view);
    for (let i = 0; i < count; i++) visit(source, i * keySize, values.view, i * entrySize);
  });
}
