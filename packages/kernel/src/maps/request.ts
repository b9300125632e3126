/**
 * What each map type insists on, so that a specification need only say what is its own: flags that the
 * type cannot be without, sizes that follow from the type, and whether the kernel takes types for it.
 */
import type { MapSpec, MapType } from "@sonde/bpf/spec";
import { MapFlag } from "../sys/constants.ts";

/** What sizes depend on. */
export interface Machine {
  possibleCpus(): readonly number[];
  readonly pageSize: number;
}

interface Rule {
  /** Set whatever the specification says. */
  readonly flags?: number;
  /** The number of entries, from the one that was asked for. */
  readonly maxEntries?: (asked: number, machine: Machine) => number;
  /** The kernel refuses types for keys and values ("never"), or cannot do without ("always"). */
  readonly types?: "never" | "always";
  /** Values are u32: descriptors when written, ids when read. */
  readonly valueSize?: 4;
  readonly keySize?: 0 | 4;
}

/** `spec` as the kernel wants it. */
export function completed(spec: MapSpec, machine: Machine): MapSpec {
  const rule = ruleOf(spec.type);
  const typed = rule.types === "never" ? { keyTypeId: 0, valueTypeId: 0 } : {};
  return {
    ...spec,
    ...typed,
    flags: spec.flags | (rule.flags ?? 0) | (spec.numaNode === undefined ? 0 : MapFlag.NUMA_NODE),
    maxEntries: rule.maxEntries?.(spec.maxEntries, machine) ?? spec.maxEntries,
    keySize: rule.keySize ?? spec.keySize,
    valueSize: rule.valueSize ?? spec.valueSize,
  };
}

/** Whether a map of this type cannot be made without BTF of its key and value. */
export function needsTypes(type: MapType): boolean {
  return ruleOf(type).types === "always";
}

function ruleOf(type: MapType): Rule {
  switch (type) {
    case "sk_storage":
    case "inode_storage":
    case "task_storage":
    case "cgrp_storage":
      return { flags: MapFlag.NO_PREALLOC, maxEntries: none, types: "always", keySize: 4 };
    case "cgroup_storage":
    case "percpu_cgroup_storage":
      return { maxEntries: none };
    case "lpm_trie":
      return { flags: MapFlag.NO_PREALLOC };
    case "ringbuf":
    case "user_ringbuf":
      return { maxEntries: ringSize, types: "never" };
    case "arena":
      return { flags: MapFlag.MMAPABLE, types: "never" };
    case "perf_event_array":
      return {
        maxEntries: (asked, machine) => asked || highest(machine.possibleCpus()) + 1,
        types: "never",
        valueSize: 4,
      };
    case "array_of_maps":
    case "hash_of_maps":
    case "prog_array":
    case "cgroup_array":
      return { types: "never", valueSize: 4 };
    case "stack_trace":
    case "devmap":
    case "devmap_hash":
    case "cpumap":
    case "xskmap":
    case "sockmap":
    case "sockhash":
      return { types: "never" };
    default:
      return {};
  }
}

/** Entries are made by attaching, or with what they are stored at. */
function none(): number {
  return 0;
}

/** A power of two and whole pages. */
function ringSize(asked: number, { pageSize }: Machine): number {
  let size = pageSize;
  while (size < asked) size *= 2;
  return size;
}

function highest(cpus: readonly number[]): number {
  return cpus.at(-1) ?? 0;
}
