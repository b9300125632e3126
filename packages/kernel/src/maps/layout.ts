/** How the entries of a map lie in memory when they are copied to user space. */
import type { MapSpec, MapType } from "@sonde/bpf/spec";

export interface MapLayout {
  /** Bytes; 0 for maps without keys (ring buffers, queues). */
  readonly keySize: number;
  /** Bytes of one CPU's value, as declared. */
  readonly valueSize: number;
  /** How many values each key has: one for each possible CPU, in ascending order, or 1. */
  readonly cpus: number;
  /** Bytes from one CPU's value to the next: of per-CPU maps the size is rounded up to 8. */
  readonly stride: number;
  /** Bytes of all values of one key. */
  readonly entrySize: number;
}

export function mapLayout(
  spec: Pick<MapSpec, "type" | "keySize" | "valueSize">,
  possibleCpus: () => readonly number[],
): MapLayout {
  const { keySize, valueSize } = spec;
  if (!isPerCpu(spec.type)) return { keySize, valueSize, cpus: 1, stride: valueSize, entrySize: valueSize };
  const cpus = possibleCpus().length;
  const stride = (valueSize + 7) & ~7;
  return { keySize, valueSize, cpus, stride, entrySize: stride * cpus };
}

/** Whether every CPU has a value of its own for each key. */
export function isPerCpu(type: MapType): boolean {
  return (
    type === "percpu_array" || type === "percpu_hash" || type === "lru_percpu_hash" || type === "percpu_cgroup_storage"
  );
}

/** Whether keys are the indices of slots that always exist: they can be overwritten but not deleted. */
export function isArray(type: MapType): boolean {
  return type === "array" || type === "percpu_array";
}
