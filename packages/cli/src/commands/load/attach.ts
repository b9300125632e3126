/** Where a loaded program goes: by its section, or by what the command line says of devices and groups. */
import type { AttachTarget, CgroupAttachType } from "@sonde/bpf/spec";
import { type Attacher, type AttachOptions, describeTarget, type Link } from "@sonde/kernel/links";
import { attachAction } from "@sonde/kernel/links/net";
import type { Program } from "@sonde/kernel/programs";
import type { Kernel } from "@sonde/kernel/sys";

/** For programs whose sections say what they do, but not to which interface or control group. */
export interface Places {
  readonly device?: string | undefined;
  /** A folder of cgroup2. */
  readonly cgroup?: string | undefined;
}

/** One attachment that can be tried. */
export interface Attachable {
  readonly place: string;
  readonly attach: () => Link;
}

/** What can be tried with a program; if nothing, why. */
export interface Attachables {
  readonly attachables: readonly Attachable[];
  readonly note?: string;
}

export function attachablesOf(
  kernel: Kernel,
  attacher: Attacher,
  program: Program,
  places: Places,
  options?: AttachOptions,
): Attachables {
  const targets = program.targets.filter((target) => target.kind !== "run");
  if (targets.length > 0) return { attachables: targets.map((target) => byTarget(attacher, program, target, options)) };
  if (program.targets.length > 0) return { attachables: [], note: "is run, not attached" };
  return byPlace(kernel, attacher, program, places);
}

function byTarget(attacher: Attacher, program: Program, target: AttachTarget, options?: AttachOptions): Attachable {
  return { place: describeTarget(target), attach: () => attacher.attach(program, target, options) };
}

function byPlace(kernel: Kernel, attacher: Attacher, program: Program, { device, cgroup }: Places): Attachables {
  const { type, attachType } = program.spec;
  const at = (target: AttachTarget): Attachables => ({ attachables: [byTarget(attacher, program, target)] });
  const onDevice = (attach: (device: string) => Attachables): Attachables =>
    device === undefined ? { attachables: [], note: "--device says where to attach it" } : attach(device);
  if (type === "xdp" && (attachType === undefined || attachType === "xdp"))
    return onDevice((name) => at({ kind: "xdp", device: name }));
  if (type === "sched_cls") {
    const direction = attachType === "tcx_egress" ? "egress" : "ingress";
    return onDevice((name) => at({ kind: "tc", device: name, direction }));
  }
  if (type === "sched_act") {
    return onDevice((name) => {
      const attach = (): Link => attachAction(kernel, program, { device: name, direction: "ingress" });
      return { attachables: [{ place: `tc action:${name}`, attach }] };
    });
  }
  if (attachType === "sk_lookup" || attachType === "flow_dissector") return at({ kind: "netns", attachType });
  if (attachType !== undefined && isOfCgroup(attachType)) {
    if (cgroup === undefined) return { attachables: [], note: "--cgroup says where to attach it" };
    return at({ kind: "cgroup", path: cgroup, attachType });
  }
  return { attachables: [], note: "its section does not say where to attach it" };
}

function isOfCgroup(attachType: string): attachType is CgroupAttachType {
  return attachType.startsWith("cgroup_");
}
