/**
 * The id of the current task's cgroup, wherever containers live. The helper bpf_get_current_cgroup_id
 * knows the unified tree only; where that is empty, its calls are replaced by calls of a function that
 * goes the way from the task to its group in a controller's tree:
 *
 *     task_struct.cgroups -> css_set.subsys[controller] -> cgroup_subsys_state.cgroup -> cgroup.kn -> kernfs_node.id
 *
 * The id is the group's inode number in both cases. Every front end's objects are changed alike.
 */
import { assemble, helperId, type Instruction } from "@sonde/bpf/asm";
import type { Btf } from "@sonde/bpf/btf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { callsHelper, replaceCalls } from "../rewrite/replace-calls.ts";
import { findHierarchy, type Hierarchy } from "./hierarchy.ts";
import { cgroupLayout, type CgroupLayout } from "./layout.ts";

const FUNCTION = "sonde_current_cgroup_id";
const HELPER = helperId("get_current_cgroup_id");

/** The same object, asking for ids in this hierarchy; the object itself where the helper does that. */
export function withCgroupIds(
  spec: ObjectSpec,
  vmlinux: () => Btf | undefined,
  find: () => Hierarchy | undefined = findHierarchy,
): ObjectSpec {
  if (!spec.programs.some(({ instructions }) => instructions.some((each) => callsHelper(each, HELPER)))) return spec;
  const hierarchy = find();
  const btf = hierarchy?.version === 1 ? vmlinux() : undefined;
  if (hierarchy === undefined || btf === undefined) return spec;
  return replaceCalls(spec, {
    name: FUNCTION,
    params: [],
    code: walk(cgroupLayout(btf, hierarchy), knowsHelper(btf, "get_current_task_btf")),
    replaces: (instructions, index) => callsHelper(instructions[index]!, HELPER),
  });
}

/** By loads of typed pointers where the kernel hands out such a task (5.11), else by reads that may fail. */
function walk(layout: CgroupLayout, typed: boolean): Instruction[] {
  const { cssSet, toCgroup, node, nodeId } = layout;
  const steps = [cssSet, ...toCgroup, node, nodeId];
  if (typed)
    return assemble(`
      ${FUNCTION}:
        call bpf_get_current_task_btf
        ${steps.map((offset) => `r0 = *(u64 *)(r0 + ${offset})`).join("\n")}
        exit`);
  const read = (offset: number): string => `
        r3 += ${offset}
        r1 = r10
        r1 += -8
        r2 = 8
        call bpf_probe_read_kernel
        r3 = *(u64 *)(r10 - 8)`;
  return assemble(`
      ${FUNCTION}:
        call bpf_get_current_task
        r3 = r0
        ${steps.map(read).join("")}
        r0 = r3
        exit`);
}

/** The enumeration of helpers is among the kernel's types: no trial is needed. */
function knowsHelper(btf: Btf, name: string): boolean {
  const [id] = btf.find("bpf_func_id", "enum");
  const type = id === undefined ? undefined : btf.type(id);
  return type?.kind === "enum" && type.values.some((entry) => entry.name === `BPF_FUNC_${name}`);
}
