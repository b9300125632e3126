/**
 * Functions of the kernel that programs may call: they stand in its types. From 6.10 on they are tagged
 * there as such ("bpf_kfunc"); before, only whether one of a name exists can be told. Which types of
 * programs may call one, the verifier decides.
 */
import type { Btf } from "@sonde/bpf/btf";
import type { KernelTypes } from "../programs/kernel-types.ts";
import { type Feature, type ProbeContext, type Verdict, YES, no } from "./feature.ts";

export interface Kfunc {
  readonly name: string;
  /** Absent for the kernel's own. */
  readonly module?: string;
}

const TAG = "bpf_kfunc";

/** All of the kernel and its loaded modules, sorted by name; undefined where the types do not tag them. */
export function listKfuncs(types: KernelTypes): readonly Kfunc[] | undefined {
  const subject = "the list of kernel functions";
  const vmlinux = types.vmlinux(subject);
  const found: Kfunc[] = tagged(vmlinux, 0).map((name) => ({ name }));
  if (found.length === 0) return undefined;
  for (const module of types.modules(subject)) {
    for (const name of tagged(module.btf, vmlinux.size)) found.push({ name, module: module.name });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function tagged(btf: Btf, from: number): string[] {
  const names = new Set<string>();
  for (const id of btf.find(TAG, "declTag")) {
    const tag = id < from ? undefined : btf.type(id);
    const target = tag?.kind === "declTag" ? btf.type(tag.type) : undefined;
    if (target?.kind === "func") names.add(target.name);
  }
  return [...names];
}

/** Some that programs are written around: each the sign of a group. */
const MILESTONES = {
  bpf_rcu_read_lock: "6.2",
  bpf_task_from_pid: "6.2",
  bpf_obj_new_impl: "6.2",
  bpf_cpumask_create: "6.3",
  bpf_dynptr_slice: "6.4",
  bpf_iter_num_new: "6.4",
  bpf_iter_task_new: "6.7",
  bpf_iter_bits_new: "6.11",
} as const;

export function kfuncFeatures(): readonly Feature[] {
  return Object.entries(MILESTONES).map(([name, since]) => ({
    name,
    since,
    probe: (context) => kernelFunction(context, name),
  }));
}

/** Whether the kernel's types have a function of this name. */
export function kernelFunction({ btf }: ProbeContext, name: string): Verdict {
  return (btf()?.find(name, "func").length ?? 0) > 0 ? YES : no("the kernel's types have no such function");
}
