/** The one value of all keys that a map had no room for. */
import type { OtherView } from "@sonde/bpf/spec";
import type { BpfMap } from "./map.ts";

export interface Other {
  /** How often a key found the map full. */
  readonly count: number;
  /** The value, laid out as the map's own by `layout`. */
  readonly bytes: Uint8Array;
  readonly layout: BpfMap["layout"];
}

/** As of now; undefined while the map has had room. Errors: KernelError of the look-up. */
export function readOther(map: Pick<BpfMap, "layout" | "lookup">, { countOffset }: OtherView): Other | undefined {
  const { layout } = map;
  const bytes = map.lookup(new Uint8Array(layout.keySize));
  if (bytes === undefined) return undefined;
  const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let cpu = 0; cpu < layout.cpus; cpu++)
    count += Number(value.getBigUint64(cpu * layout.stride + countOffset, true));
  return count === 0 ? undefined : { count, bytes, layout };
}
