/** enum bpf_map_type by number, as map definitions hold it. */
import type { MapType } from "../spec/spec.ts";

const NAMES = [
  "",
  "hash",
  "array",
  "prog_array",
  "perf_event_array",
  "percpu_hash",
  "percpu_array",
  "stack_trace",
  "cgroup_array",
  "lru_hash",
  "lru_percpu_hash",
  "lpm_trie",
  "array_of_maps",
  "hash_of_maps",
  "devmap",
  "sockmap",
  "cpumap",
  "xskmap",
  "sockhash",
  "cgroup_storage",
  "reuseport_sockarray",
  "percpu_cgroup_storage",
  "queue",
  "stack",
  "sk_storage",
  "devmap_hash",
  "struct_ops",
  "ringbuf",
  "inode_storage",
  "task_storage",
  "bloom_filter",
  "user_ringbuf",
  "cgrp_storage",
  "arena",
] as const satisfies readonly (MapType | "")[];

export function mapTypeName(number: number): MapType | undefined {
  return NAMES[number] || undefined;
}

export function mapTypeNumber(type: MapType): number {
  return NAMES.indexOf(type);
}

/** BPF_F_* of BPF_MAP_CREATE that sections imply. */
export const MapFlag = { RDONLY_PROG: 0x80, MMAPABLE: 0x400, LINK: 0x2000 } as const;
