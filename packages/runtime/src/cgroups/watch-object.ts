/**
 * The object that tells of cgroups as they are made and removed: two programs on tracepoints that run some
 * times a second at most, each event with all that is known of the group in that moment.
 *
 *     u32 what (1 made, 2 removed)   u32 padding
 *     u64 id   u64 parent's id
 *     char maker[16]                 comm of the thread that made it: "runc" makes containers
 *     char path[1024]                from the hierarchy's root, ended by a NUL
 */
import type { MapSpec, ObjectSpec } from "@sonde/bpf/spec";
import { tracepointObject } from "../tracepoints/object.ts";
import type { Hierarchy } from "./hierarchy.ts";
import type { CgroupLayout } from "./layout.ts";

export const EVENT = {
  what: 0,
  id: 8,
  parent: 16,
  maker: 24,
  makerSize: 16,
  path: 40,
  pathSize: 1024,
  size: 1064,
} as const;
export const MADE = 1;
export const REMOVED = 2;
/** Room for some 900 events, which is a thousand containers started in one tenth of a second. */
const RING_BYTES = 1 << 20;

const MAP = { keySize: 4, flags: 0, keyTypeId: 0, valueTypeId: 0 } as const;
const MAPS: readonly MapSpec[] = [
  { ...MAP, name: "events", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: RING_BYTES },
  { ...MAP, name: "lost", type: "array", valueSize: 8, maxEntries: 1 },
];

export function watchObject(layout: CgroupLayout, hierarchy: Hierarchy): ObjectSpec {
  return tracepointObject("cgroups", MAPS, {
    cgroup_mkdir: tellCode(MADE, layout, hierarchy),
    cgroup_rmdir: tellCode(REMOVED, layout, hierarchy),
  });
}

/** Both tracepoints hand over (struct cgroup *, const char *path). */
function tellCode(what: number, layout: CgroupLayout, hierarchy: Hierarchy): string {
  return `
        r6 = r1
        r7 = *(u64 *)(r6 + 0)
        ${ofHierarchy("r7", layout, hierarchy, "out")}
        r1 = map[events] ll
        r2 = ${EVENT.size}
        r3 = 0
        call bpf_ringbuf_reserve
        if r0 == 0 goto lost
        r8 = r0
        r1 = ${what}
        *(u64 *)(r8 + ${EVENT.what}) = r1
        ${loadId("r1", "r7", layout)}
        *(u64 *)(r8 + ${EVENT.id}) = r1
        ${loadParent("r2", "r7", layout)}
        ${loadId("r1", "r2", layout)}
        *(u64 *)(r8 + ${EVENT.parent}) = r1
        r1 = r8
        r1 += ${EVENT.maker}
        r2 = ${EVENT.makerSize}
        call bpf_get_current_comm
        r1 = r8
        r1 += ${EVENT.path}
        r2 = ${EVENT.pathSize}
        r3 = *(u64 *)(r6 + 8)
        call bpf_probe_read_kernel_str
        r1 = r8
        r2 = 0
        call bpf_ringbuf_submit
        goto out
      lost:
        r1 = 0
        *(u32 *)(r10 - 4) = r1
        r1 = map[lost] ll
        r2 = r10
        r2 += -4
        call bpf_map_lookup_elem
        if r0 == 0 goto out
        r1 = 1
        lock *(u64 *)(r0 + 0) += r1`;
}

/** Leaves the program at `otherwise` unless the struct cgroup in a register is of this hierarchy. Uses r1. */
export function ofHierarchy(
  cgroup: string,
  { root, hierarchyId }: CgroupLayout,
  { id }: Hierarchy,
  otherwise: string,
): string {
  return `r1 = *(u64 *)(${cgroup} + ${root})
        r1 = *(u32 *)(r1 + ${hierarchyId})
        if r1 != ${id} goto ${otherwise}`;
}

/** The id of the struct cgroup in a register. */
export function loadId(into: string, cgroup: string, { node, nodeId }: CgroupLayout): string {
  return `${into} = *(u64 *)(${cgroup} + ${node})
        ${into} = *(u64 *)(${into} + ${nodeId})`;
}

/** The parent of the struct cgroup in a register. */
export function loadParent(into: string, cgroup: string, { parent, stateCgroup }: CgroupLayout): string {
  return `${into} = *(u64 *)(${cgroup} + ${parent})
        ${into} = *(u64 *)(${into} + ${stateCgroup})`;
}
