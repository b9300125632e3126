/**
 * The object that keeps a set of admitted cgroups while cgroups come and go. A group is admitted the moment
 * it is made, before any process can be in it, if its parent is admitted or its own name is awaited: so the
 * first system call of a container that a filter is waiting for is seen.
 *
 *     sonde_admitted   u64 id of a cgroup -> u32 1
 *     awaited          char[160] the last part of a cgroup's path -> u32 1
 */
import type { MapSpec, ObjectSpec } from "@sonde/bpf/spec";
import type { Hierarchy } from "../cgroups/hierarchy.ts";
import type { CgroupLayout } from "../cgroups/layout.ts";
import { loadId, loadParent, ofHierarchy } from "../cgroups/watch-object.ts";
import { tracepointObject } from "../tracepoints/object.ts";
import { ADMITTED, ADMITTED_MAP } from "./prologue.ts";

/** systemd's names for containers of pods are some 100 characters long. */
export const NAME_BYTES = 160;

const AWAITED: MapSpec = { ...ADMITTED_MAP, name: "awaited", keySize: NAME_BYTES };

export function followObject(layout: CgroupLayout, hierarchy: Hierarchy): ObjectSpec {
  const ofOurs = `
        r7 = *(u64 *)(r1 + 0)
        ${ofHierarchy("r7", layout, hierarchy, "out")}`;
  return tracepointObject("follow", [ADMITTED_MAP, AWAITED], {
    cgroup_mkdir: ofOurs + madeCode(layout),
    cgroup_rmdir: ofOurs + removedCode(layout),
  });
}

function madeCode(layout: CgroupLayout): string {
  const zeros = Array.from({ length: NAME_BYTES / 8 }, (_, i) => `*(u64 *)(r10 - ${NAME_BYTES - 8 * i}) = r1`);
  return `
        ${loadParent("r2", "r7", layout)}
        ${loadId("r1", "r2", layout)}
        *(u64 *)(r10 - 8) = r1
        ${lookUp(ADMITTED, 8)}
        if r0 != 0 goto admit
        r1 = 0
        ${zeros.join("\n")}
        r3 = *(u64 *)(r7 + ${layout.node})
        r3 = *(u64 *)(r3 + ${layout.nodeName})
        r1 = r10
        r1 += -${NAME_BYTES}
        r2 = ${NAME_BYTES}
        call bpf_probe_read_kernel_str
        ${lookUp("awaited", NAME_BYTES)}
        if r0 == 0 goto out
      admit:
        ${loadId("r1", "r7", layout)}
        *(u64 *)(r10 - 8) = r1
        r1 = 1
        *(u32 *)(r10 - 16) = r1
        r1 = map[${ADMITTED}] ll
        r2 = r10
        r2 += -8
        r3 = r10
        r3 += -16
        r4 = 0
        call bpf_map_update_elem`;
}

function removedCode(layout: CgroupLayout): string {
  return `
        ${loadId("r1", "r7", layout)}
        *(u64 *)(r10 - 8) = r1
        r1 = map[${ADMITTED}] ll
        r2 = r10
        r2 += -8
        call bpf_map_delete_elem`;
}

/** The key is on the stack, its first byte `at` below the frame's end. */
function lookUp(map: string, at: number): string {
  return `r1 = map[${map}] ll
        r2 = r10
        r2 += -${at}
        call bpf_map_lookup_elem`;
}
