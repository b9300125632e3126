/** Which codecs a map's keys and values have: by what the map type means, by BTF, or by size. */
import type { Btf, Codec, CodecOptions, Shape, TypeId } from "@sonde/bpf/btf";
import { codecOf, codecOfShape } from "@sonde/bpf/btf";
import { descriptorCodec } from "./descriptor-codec.ts";
import { cpumapCodec, devmapCodec } from "./device-codec.ts";
import type { MapLayout } from "./layout.ts";
import { isPerCpu } from "./layout.ts";
import type { BpfMap } from "./map.ts";
import { prefixCodec } from "./prefix-codec.ts";

/** The types of a map's key and value, in the BTF that the ids belong to; ids are 0 where there is none. */
export interface MapTypes {
  readonly btf: Btf;
  readonly keyTypeId: TypeId;
  readonly valueTypeId: TypeId;
}

export interface MapCodecs {
  readonly key: Codec<unknown>;
  /** Of all CPUs' values, for per-CPU maps. */
  readonly value: Codec<unknown>;
}

/**
 * - descriptors where the kernel takes them: values of maps of maps, of programs, sockets, cgroups and perf
 *   events; keys of local storages;
 * - tries' keys as {@link Prefix}, entries of device and CPU maps as {@link DeviceEntry} and {@link CpuEntry};
 * - everything else by `types`; without them integers for 1, 2, 4 and 8 bytes, else bytes;
 * - per-CPU values as arrays, with one element for each possible CPU in ascending order.
 */
export function mapCodecs(map: BpfMap, types: MapTypes | undefined, options: CodecOptions): MapCodecs {
  const { keySize, valueSize } = map.layout;
  const plain = (id: TypeId | undefined, size: number): Codec<unknown> =>
    types === undefined || id === undefined || id === 0
      ? codecOfShape(shapeOfSize(size), options)
      : codecOf(types.btf, id, options);
  const value = meantValue(map) ?? fitting(map, "value", plain(types?.valueTypeId, valueSize), valueSize);
  return {
    key: meantKey(map) ?? fitting(map, "key", plain(types?.keyTypeId, keySize), keySize),
    value: isPerCpu(map.type) ? perCpuCodec(value, map.layout) : value,
  };
}

function meantKey({ type, layout }: BpfMap): Codec<unknown> | undefined {
  switch (type) {
    case "sk_storage":
    case "inode_storage":
    case "task_storage":
    case "cgrp_storage":
      return descriptorCodec(layout.keySize);
    case "lpm_trie":
      return prefixCodec(layout.keySize);
    default:
      return undefined;
  }
}

function meantValue({ type, layout }: BpfMap): Codec<unknown> | undefined {
  switch (type) {
    case "array_of_maps":
    case "hash_of_maps":
    case "prog_array":
    case "perf_event_array":
    case "cgroup_array":
    case "sockmap":
    case "sockhash":
    case "reuseport_sockarray":
    case "xskmap":
      return descriptorCodec(layout.valueSize);
    case "devmap":
    case "devmap_hash":
      return devmapCodec(layout.valueSize);
    case "cpumap":
      return cpumapCodec(layout.valueSize);
    default:
      return undefined;
  }
}

function shapeOfSize(size: number): Shape {
  return size === 1 || size === 2 || size === 4 || size === 8
    ? { kind: "int", size, signed: false }
    : { kind: "bytes", size, text: false };
}

function fitting(map: BpfMap, part: "key" | "value", codec: Codec<unknown>, size: number): Codec<unknown> {
  if (codec.size === size) return codec;
  throw new TypeError(`a ${part} of ${map.subject} has ${size} bytes, its type ${codec.size}`);
}

function perCpuCodec(codec: Codec<unknown>, { cpus, stride, entrySize }: MapLayout): Codec<unknown> {
  return {
    size: entrySize,
    read: (view, offset) => {
      const values: unknown[] = [];
      for (let i = 0; i < cpus; i++) values.push(codec.read(view, offset + i * stride));
      return values;
    },
    write: (view, offset, value) => {
      if (!Array.isArray(value) || value.length !== cpus)
        throw new TypeError(`a per-CPU value is an array with one element for each of the ${cpus} possible CPUs`);
      for (let i = 0; i < cpus; i++) codec.write(view, offset + i * stride, value[i]);
    },
  };
}
