/** An object whose programs look only at some tasks, decided in the kernel. Loaded only if that is asked for. */
import type { Btf } from "@sonde/bpf/btf";
import type { FilterView, ObjectSpec } from "@sonde/bpf/spec";
import { asksForCgroups, Gate, Identity, taskFilterOf } from "@sonde/agent/identity";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";
import { findHierarchy, withCgroupIds } from "@sonde/runtime/cgroups";
import { withTaskFilter } from "@sonde/runtime/filter";

export interface FilteredObject {
  readonly spec: ObjectSpec;
  /** To be put in the place of the object's own. */
  readonly maps: Readonly<Record<string, BpfMap>>;
  /** How many cgroups are meant now; undefined where the filter is not about them. */
  readonly admitted: number | undefined;
  close(): void;
}

/** Errors: FilterError for programs without a task; Error where there are no cgroups; those of the kernel. */
export function filteredObject(
  spec: ObjectSpec,
  filter: FilterView,
  kernel: Kernel,
  vmlinux: () => Btf | undefined,
): FilteredObject {
  const filtered = withCgroupIds(withTaskFilter(spec, taskFilterOf(filter)), vmlinux);
  if (!asksForCgroups(filter)) return { spec: filtered, maps: {}, admitted: undefined, close: () => {} };
  const hierarchy = findHierarchy();
  const btf = vmlinux();
  if (hierarchy === undefined)
    throw new Error(
      "cannot filter by container, pod or cgroup: no cgroup file system is mounted (mount -t cgroup2 none /sys/fs/cgroup)",
    );
  if (btf === undefined)
    throw new Error(
      "cannot filter by container, pod or cgroup: the kernel does not tell its types (CONFIG_DEBUG_INFO_BTF)",
    );
  const identity = new Identity({ kernel, vmlinux: btf, hierarchy });
  try {
    const gate = new Gate(kernel, btf, identity, filter);
    return {
      spec: filtered,
      maps: gate.maps,
      admitted: gate.admitted,
      close: () => {
        gate.close();
        identity.close();
      },
    };
  } catch (error) {
    identity.close();
    throw error;
  }
}
