/** A map as the kernel would hand it over, made of given entries: for tests without a kernel. */
import type { LiveMap } from "../reader.ts";

/** Values are those of all CPUs, one behind the other. Batches hold a thousand entries. */
export function entriesMap(
  sizes: { readonly keySize: number; readonly valueSize: number; readonly cpus: number },
  entries: readonly (readonly [key: Uint8Array, values: Uint8Array])[],
): LiveMap {
  const { keySize, valueSize, cpus } = sizes;
  const layout = { keySize, valueSize, cpus, stride: valueSize, entrySize: valueSize * cpus };
  const memory = (size: number) => {
    const buffer = new ArrayBuffer(size);
    return { bytes: new Uint8Array(buffer), view: new DataView(buffer), address: 0 };
  };
  return {
    layout,
    lookup: (wanted) => entries.find(([key]) => Buffer.compare(key, wanted) === 0)?.[1],
    *batches() {
      const keys = memory(1000 * keySize);
      const values = memory(1000 * layout.entrySize);
      for (let from = 0; from < entries.length; from += 1000) {
        const batch = entries.slice(from, from + 1000);
        batch.forEach(([key, value], i) => {
          keys.bytes.set(key, i * keySize);
          values.bytes.set(value, i * layout.entrySize);
        });
        yield { count: batch.length, keys, values };
      }
    },
  };
}
