/** Where a loaded program goes: by its section, or by what the command line says of devices and groups. */
import type { AttachTarget } from "@sonde/bpf/spec";
import { type Attacher, type AttachOptions, describeTarget, type Link } from "@sonde/kernel/links";
import { attachAction, attachCgroup, attachTc, attachXdp, type CgroupAttachType } from "@sonde/kernel/links/net";
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
  if (targets.length > 0)
    return { attachables: targets.map((target) => byTarget(kernel, attacher, program, target, options)) };
  if (program.targets.length > 0) return { attachables: [], note: "is run, not attached" };
  return byPlace(kernel, program, places);
}

function byTarget(
  kernel: Kernel,
  attacher: Attacher,
  program: Program,
  target: AttachTarget,
  options?: AttachOptions,
): Attachable {
  const place = describeTarget(target);
  if (target.kind === "xdp") return { place, attach: () => attachXdp(kernel, program, { device: target.device }) };
  return { place, attach: () => attacher.attach(program, target, options) };
}

function byPlace(kernel: Kernel, program: Program, { device, cgroup }: Places): Attachables {
  const { type, attachType } = program.spec;
  if (type === "xdp" && (attachType === undefined || attachType === "xdp")) {
    if (device === undefined) return { attachables: [], note: "--device says where to attach it" };
    return one(`xdp:${device}`, () => attachXdp(kernel, program, { device }));
  }
  if (type === "sched_cls") {
    if (device === undefined) return { attachables: [], note: "--device says where to attach it" };
    const direction = attachType === "tcx_egress" ? "egress" : "ingress";
    return one(`tc ${direction}:${device}`, () => attachTc(kernel, program, { device, direction }));
  }
  if (type === "sched_act") {
    if (device === undefined) return { attachables: [], note: "--device says where to attach it" };
    return one(`tc action:${device}`, () => attachAction(kernel, program, { device, direction: "ingress" }));
  }
  if (attachType !== undefined && isOfCgroup(attachType)) {
    if (cgroup === undefined) return { attachables: [], note: "--cgroup says where to attach it" };
    return one(`${attachType} ${cgroup}`, () => attachCgroup(kernel, program, { cgroup, attachType }));
  }
  return { attachables: [], note: "its section does not say where to attach it" };
}

function one(place: string, attach: () => Link): Attachables {
  return { attachables: [{ place, attach }] };
}

function isOfCgroup(attachType: string): attachType is CgroupAttachType {
  return attachType.startsWith("cgroup_");
}
