/** Attach targets of the network, each by the best attachment that the kernel offers. */
import type { NetworkTarget } from "@sonde/bpf/spec";
import { cgroupFolder } from "../../cgroups/mounts.ts";
import type { Kernel } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import type { Link } from "../link.ts";
import type { AttachOptions } from "../options.ts";
import { attachCgroup } from "./cgroup.ts";
import { deviceIndex } from "./device.ts";
import { attachToNamespace } from "./namespace.ts";
import { attachNetfilter } from "./netfilter.ts";
import { attachTc } from "./tc.ts";
import { attachXdp } from "./xdp.ts";

/** Whether there is such an interface or control group; other places always are. */
export function isThere(kernel: Kernel, target: NetworkTarget): boolean {
  try {
    if ("device" in target) deviceIndex(kernel, target);
    else if (target.kind === "cgroup") cgroupFolder(target.path);
    return true;
  } catch {
    return false;
  }
}

/** In this thread's network namespace. Errors: those of attachXdp, attachTc, attachCgroup, attachNetfilter, attachToNamespace. */
export function attachToNetwork(
  kernel: Kernel,
  program: LoadedProgram,
  target: NetworkTarget,
  { filterHandle }: AttachOptions = {},
): Link {
  switch (target.kind) {
    case "xdp":
      return attachXdp(kernel, program, target);
    case "tc":
      return attachTc(kernel, program, target, filterHandle);
    case "cgroup":
      return attachCgroup(kernel, program, { cgroup: cgroupFolder(target.path), attachType: target.attachType });
    case "netfilter":
      return attachNetfilter(kernel, program, target);
    case "netns":
      return attachToNamespace(kernel, program, target);
  }
}
