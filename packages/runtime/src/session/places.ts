/** Places for programs whose sections name a hook, but not where it is: every process of the machine. */
import type { Link } from "@sonde/kernel/links";
import { attachCgroup, type CgroupAttachType } from "@sonde/kernel/links/net";
import type { Program } from "@sonde/kernel/programs";
import type { Kernel } from "@sonde/kernel/sys";
import { unifiedMount } from "../cgroups/hierarchy.ts";

/**
 * Programs of control groups go to the root of the tree, where they see everybody. All of them or none.
 * Errors: those of attaching; Error where nothing says which place is meant.
 */
export function attachUnplaced(kernel: Kernel, programs: readonly Program[]): readonly Link[] {
  const links: Link[] = [];
  try {
    for (const program of programs) {
      const { type, attachType } = program.spec;
      if (program.targets.length > 0) continue;
      if (type === "sched_cls")
        throw new Error(
          `program '${program.name}' does not say to which network interface it is to be attached: build it by 'sonde build', then 'sonde load --attach --device NAME'`,
        );
      if (attachType === undefined || !isOfCgroup(attachType)) continue;
      links.push(attachCgroup(kernel, program, { cgroup: rootFor(program), attachType }));
    }
    return links;
  } catch (error) {
    for (const link of links) link.close();
    throw error;
  }
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
