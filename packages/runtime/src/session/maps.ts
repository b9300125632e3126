/** Reads the maps that the program named, by readers composed once from the manifest. */
import type { Manifest, MapView } from "@sonde/bpf/spec";
import { type BpfMap, readOther, readStack, readUnwoundStack } from "@sonde/kernel/maps";
import { Bytes } from "../decode/bytes.ts";
import { fieldsDecoder } from "../decode/decoder.ts";
import { readerOf, type Reading } from "../decode/reading.ts";
import type { MapReading, Row } from "../print/map-reading.ts";

/** Maps that are live, and the manifest that describes them: a Collection, mostly. */
export interface LiveMaps {
  readonly name: string;
  readonly manifest: Pick<Manifest, "maps">;
  /** By the name of the MapSpec; throws if there is none. */
  map(name: string): BpfMap;
}

export class MapReaders {
  readonly #collection: LiveMaps;
  readonly #readers = new Map<MapView, () => Omit<MapReading, "view">>();

  constructor(collection: LiveMaps) {
    this.#collection = collection;
  }

  /** The map that the program named so ("@x"); throws when the manifest has none. */
  view(name: string): MapView {
    const found = this.#collection.manifest.maps.find((view) => view.name === name);
    if (found === undefined) throw new Error(`object '${this.#collection.name}' describes no map '${name}'`);
    return found;
  }

  live(view: MapView): BpfMap {
    return this.#collection.map(view.map);
  }

  /** What the map holds now. Errors: KernelError of the look-ups. */
  read(view: MapView): MapReading {
    let reader = this.#readers.get(view);
    if (reader === undefined) this.#readers.set(view, (reader = this.#reader(view)));
    return { view, ...reader() };
  }

  #reader(view: MapView): () => Omit<MapReading, "view"> {
    const map = this.live(view);
    const rows = view.keys.length === 0 ? singleReader(map, view) : keyedReader(map, view);
    if (view.other === undefined) return () => ({ rows: rows() });
    const rest = otherReader(this.#collection.map(view.other.map), view);
    return () => {
      const other = rest();
      return { rows: rows(), ...(other && { other }) };
    };
  }

  /** One entry, by the bytes of its key at an offset; without rows where there is none. */
  readEntry(view: MapView, source: Bytes, offset: number): MapReading {
    const map = this.live(view);
    const key = new Uint8Array(map.layout.keySize);
    key.set(source.buffer.subarray(offset, offset + key.length));
    const value = map.lookup(key);
    const bytes = value === undefined ? undefined : new Bytes(value);
    const reading = bytes && readerOf(view.value, map.layout, true)(bytes, 0);
    const keys = fieldsDecoder(view.keys)(new Bytes(key), 0);
    return { view, rows: reading === undefined ? [] : [{ keys, value: reading }] };
  }

  /** The addresses of a stack, the innermost first; undefined if the map has lost it. */
  stack(map: string, id: number): readonly bigint[] | undefined {
    const live = this.#collection.map(map);
    return live.type === "hash" ? readUnwoundStack(live, id) : readStack(live, id);
  }
}

/** What the map had no room for: nothing while that never happened. */
function otherReader(map: BpfMap, view: MapView): () => Reading | undefined {
  const read = readerOf(view.value, map.layout, true);
  return () => {
    const other = readOther(map, view.other!);
    return other && read(new Bytes(other.bytes), 0);
  };
}

/** A map without keys is an array with one element. */
function singleReader(map: BpfMap, view: MapView): () => Row[] {
  const key = new Uint8Array(map.layout.keySize);
  const values = new Uint8Array(map.layout.entrySize);
  const source = new Bytes(values);
  const read = readerOf(view.value, map.layout, false);
  return () => {
    if (map.lookup(key, values) === undefined) return [];
    const value = read(source, 0);
    return value === undefined ? [] : [{ keys: [], value }];
  };
}

function keyedReader(map: BpfMap, view: MapView): () => Row[] {
  const { keySize, entrySize } = map.layout;
  const readKeys = fieldsDecoder(view.keys);
  const read = readerOf(view.value, map.layout, true);
  return () => {
    const rows: Row[] = [];
    map.forEachBatch(({ count, keys, values }) => {
      const keySource = new Bytes(keys.view);
      const valueSource = new Bytes(values.view);
      for (let i = 0; i < count; i++) {
        const value = read(valueSource, i * entrySize);
        if (value !== undefined) rows.push({ keys: readKeys(keySource, i * keySize), value });
      }
    });
    return rows;
  };
}
