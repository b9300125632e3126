/** Attaches programs for packets and control groups; where they do not say to what, it is the whole machine. */
import type { Link } from "@sonde/kernel/links";
import { attachCgroup, attachXdp, type CgroupAttachType } from "@sonde/kernel/links/net";
import type { Program } from "@sonde/kernel/programs";
import type { Kernel } from "@sonde/kernel/sys";
import { unifiedMount } from "../cgroups/hierarchy.ts";

/**
 * Those of control groups go to the root of the tree, where they see everybody; other programs are left alone.
 * All of them or none. Errors: those of attaching; Error where nothing says which place is meant.
 */
export function attachNetwork(kernel: Kernel, programs: readonly Program[]): readonly Link[] {
  const links: Link[] = [];
  try {
    for (const program of programs) links.push(...attach(kernel, program));
    return links;
  } catch (error) {
    for (const link of links) link.close();
    throw error;
  }
}

function attach(kernel: Kernel, program: Program): readonly Link[] {
  const { type, attachType } = program.spec;
  if (type === "sched_cls" && program.targets.length === 0)
    throw new Error(
      `program '${program.name}' does not say to which network interface it is to be attached: build it by 'sonde build', then 'sonde load --attach --device NAME'`,
    );
  if (attachType !== undefined && isOfCgroup(attachType))
    return [attachCgroup(kernel, program, { cgroup: rootFor(program), attachType })];
  return program.targets.flatMap((target) =>
    target.kind === "xdp" ? [attachXdp(kernel, program, { device: target.device })] : [],
  );
}

function rootFor({ name }: Program): string {
  const mount = unifiedMount();
  if (mount === undefined)
    throw new Error(
      `program '${name}' is for control groups of version 2, and these are not mounted: mount -t cgroup2 none /sys/fs/cgroup/unified`,
    );
  return mount;
}

function isOfCgroup(attachType: string): attachType is CgroupAttachType {
  return attachType.startsWith("cgroup_");
}
