/** Where the running kernel keeps what leads from a task to the id of its cgroup. */
import { findMember, type Btf } from "@sonde/bpf/btf";
import type { Hierarchy } from "./hierarchy.ts";

/** Byte offsets. */
export interface CgroupLayout {
  /** task_struct.cgroups: struct css_set *. */
  readonly cssSet: number;
  /** From a css_set, then from what is there if there are two, to the struct cgroup *. */
  readonly toCgroup: readonly number[];
  /** cgroup.kn: struct kernfs_node *; its id (u64) and its name (char *). */
  readonly node: number;
  readonly nodeId: number;
  readonly nodeName: number;
  /** cgroup.root: struct cgroup_root *; its hierarchy_id (int). */
  readonly root: number;
  readonly hierarchyId: number;
  /** cgroup.self.parent: struct cgroup_subsys_state *; its cgroup. */
  readonly parent: number;
  readonly stateCgroup: number;
}

/** What the kernel calls a controller's number where that is not the controller's own name. */
const SUBSYSTEMS: Readonly<Record<string, string>> = { blkio: "io_cgrp_id" };

/** Errors: Error naming the member that this kernel's types lack. */
export function cgroupLayout(btf: Btf, hierarchy: Hierarchy): CgroupLayout {
  const at = (struct: string, member: string): number => memberOffset(btf, struct, member);
  const { controller } = hierarchy;
  const stateCgroup = at("cgroup_subsys_state", "cgroup");
  return {
    cssSet: at("task_struct", "cgroups"),
    toCgroup:
      controller === undefined
        ? [at("css_set", "dfl_cgrp")]
        : [at("css_set", "subsys") + 8 * subsystem(btf, controller), stateCgroup],
    node: at("cgroup", "kn"),
    nodeId: at("kernfs_node", "id"),
    nodeName: at("kernfs_node", "name"),
    root: at("cgroup", "root"),
    hierarchyId: at("cgroup_root", "hierarchy_id"),
    parent: at("cgroup", "self.parent"),
    stateCgroup,
  };
}

function memberOffset(btf: Btf, struct: string, member: string): number {
  const id = btf.find(struct, "struct")[0];
  const found = id === undefined ? undefined : findMember(btf, id, member);
  if (found === undefined) throw new Error(`this kernel's types have no ${struct}.${member}`);
  return found.bitOffset / 8;
}

function subsystem(btf: Btf, controller: string): number {
  const name = SUBSYSTEMS[controller] ?? `${controller}_cgrp_id`;
  const [id] = btf.find("cgroup_subsys_id", "enum");
  const type = id === undefined ? undefined : btf.type(id);
  const value = type?.kind === "enum" ? type.values.find((entry) => entry.name === name)?.value : undefined;
  if (value === undefined)
    throw new Error(`this kernel's types have no number for the cgroup controller ${controller}`);
  return Number(value);
}
