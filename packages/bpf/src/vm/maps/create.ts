/** A map by its specification. */
import type { MapSpec } from "../../spec/spec.ts";
import { VmError } from "../fault.ts";
import type { Memory } from "../memory.ts";
import { KeyedMap } from "./keyed-map.ts";
import { ArrayKeys, HashKeys, PrefixKeys } from "./keys.ts";
import type { VmMap } from "./map.ts";
import { ProgramMap } from "./program-map.ts";
import { BloomMap, QueueMap } from "./queue-map.ts";
import { PerfEventMap, RingMap } from "./ring-map.ts";

/** Errors: VmError for a type that is not simulated. */
export function createMap(memory: Memory, spec: MapSpec, cpus: number): VmMap {
  switch (spec.type) {
    case "array":
    case "percpu_array":
      return new KeyedMap(memory, spec, cpus, new ArrayKeys(spec.maxEntries));
    case "hash":
    case "percpu_hash":
    case "stack_trace":
      return new KeyedMap(memory, spec, cpus, new HashKeys(spec.maxEntries, false));
    case "lru_hash":
    case "lru_percpu_hash":
      return new KeyedMap(memory, spec, cpus, new HashKeys(spec.maxEntries, true));
    case "lpm_trie":
      return new KeyedMap(memory, spec, cpus, new PrefixKeys(spec.maxEntries));
    case "ringbuf":
      return new RingMap(memory, spec);
    case "perf_event_array":
      return new PerfEventMap(memory, spec);
    case "queue":
    case "stack":
      return new QueueMap(memory, spec);
    case "bloom_filter":
      return new BloomMap(memory, spec);
    case "prog_array":
      return new ProgramMap(memory, spec);
    default:
      throw new VmError(`map '${spec.name}': the VM does not simulate maps of type ${spec.type}`);
  }
}
