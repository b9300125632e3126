/** What is in a map, decoded by its BTF, or raw. */
import { BtfError, type BtfReader } from "@sonde/bpf/btf";
import { type BpfMap, isPerCpu, mapCodecs, type MapCodecs, openMapById } from "@sonde/kernel/maps";
import { type Kernel, KernelError } from "@sonde/kernel/sys";
import type { MapView } from "./model.ts";

export interface Contents {
  readonly entries: readonly Entry[];
  /** How many there are, those left out by the limit included. */
  readonly total: number;
  /** Why there is nothing, or not everything. */
  readonly unreadable?: string;
}

export interface Entry {
  readonly key: unknown;
  /** Of maps with one value for each key. */
  readonly value?: unknown;
  /** Of per-CPU maps: every possible CPU's. */
  readonly values?: readonly { readonly cpu: number; readonly value: unknown }[];
}

/** Reads all of it, and keeps the first `limit` entries. Undefined when the map is gone. */
export function readContents(
  kernel: Kernel,
  view: MapView,
  types: BtfReader | undefined,
  limit: number,
): Contents | undefined {
  if (view.keySize === 0)
    return { entries: [], total: 0, unreadable: `what is in a ${view.type} cannot be looked at without taking it out` };
  using map = openMapById(kernel, view.id);
  if (map === undefined) return undefined;
  const read = entryReader(kernel, map, view, types);
  const entries: Entry[] = [];
  let total = 0;
  try {
    map.forEach((keys, keyOffset, values, valueOffset) => {
      if (total++ < limit) entries.push(read(keys, keyOffset, values, valueOffset));
    });
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return {
      entries,
      total,
      unreadable: `the kernel does not let anybody list a ${view.type}: ${error.call} answers ${error.code}`,
    };
  }
  return { entries, total };
}

type EntryReader = (keys: DataView, keyOffset: number, values: DataView, valueOffset: number) => Entry;

function entryReader(kernel: Kernel, map: BpfMap, view: MapView, types: BtfReader | undefined): EntryReader {
  const { key, value } = codecs(map, view, types);
  if (!isPerCpu(map.type)) {
    return (keys, keyOffset, values, valueOffset) => ({
      key: key.read(keys, keyOffset),
      value: value.read(values, valueOffset),
    });
  }
  const cpus = kernel.possibleCpus();
  return (keys, keyOffset, values, valueOffset) => {
    const each = value.read(values, valueOffset) as readonly unknown[];
    return { key: key.read(keys, keyOffset), values: cpus.map((cpu, i) => ({ cpu, value: each[i] })) };
  };
}

/** Whoever made the map may have given it types of another size than it has: then sizes decide. */
function codecs(map: BpfMap, { keyTypeId, valueTypeId }: MapView, types: BtfReader | undefined): MapCodecs {
  const options = { text: true, enums: "name" } as const;
  try {
    return mapCodecs(map, types && { btf: types, keyTypeId, valueTypeId }, options);
  } catch (error) {
    if (error instanceof TypeError || error instanceof BtfError) return mapCodecs(map, undefined, options);
    throw error;
  }
}
