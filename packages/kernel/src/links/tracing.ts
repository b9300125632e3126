/** Links of programs that were loaded for their target: fentry, fexit, fmod_ret, freplace, LSM, BTF tracepoints. */
import { constants, openSync } from "node:fs";
import type { AttachTarget } from "@sonde/bpf/spec";
import { cgroupFolder } from "../cgroups/mounts.ts";
import { attachTypeId } from "../programs/attach-type.ts";
import { type Attr, FileDescriptor, type Kernel, linkCreate, rawTracepointOpen } from "../sys/index.ts";
import { describeTarget } from "./describe.ts";
import { Link } from "./link.ts";
import type { AttachOptions } from "./options.ts";

export type TracingTarget = Extract<
  AttachTarget,
  { kind: "btfTracepoint" | "fentry" | "fmodRet" | "freplace" | "lsm" }
>;

/**
 * The kernel knows the target from loading, so BPF_RAW_TRACEPOINT_OPEN without a name attaches all of
 * them since 5.5. Cookies and other targets than that take BPF_LINK_CREATE.
 */
export function attachTracing(kernel: Kernel, programFd: number, target: TracingTarget, options: AttachOptions): Link {
  const subject = describeTarget(target);
  if (target.kind === "lsm" && target.cgroup)
    return attachCgroupLsm(kernel, programFd, options.cgroup ?? target.path, subject);
  const road = target.kind === "btfTracepoint" ? "BTF tracepoint link" : "trampoline link";
  const { cookie, into } = options;
  const fd =
    cookie === undefined && into === undefined
      ? rawTracepointOpen(kernel, programFd, undefined, subject)
      : createLink(kernel, programFd, target, options, subject);
  return new Link(kernel, subject, road, [{ program: fd }]);
}

/** BPF_LINK_CREATE, from byte 16: target_btf_id (u32)   24 cookie (u64). */
function createLink(
  kernel: Kernel,
  programFd: number,
  target: TracingTarget,
  options: AttachOptions,
  subject: string,
): FileDescriptor {
  const { into, cookie = 0n } = options;
  const extra = (attr: Attr): void => {
    attr.u32(16, into?.functionTypeId ?? 0);
    attr.u64(24, cookie);
  };
  return linkCreate(
    kernel,
    { programFd, target: into?.programFd ?? 0, attachType: attachTypeOf(target), extra },
    subject,
  );
}

function attachTypeOf(target: TracingTarget): number {
  switch (target.kind) {
    case "btfTracepoint":
      return attachTypeId("trace_raw_tp");
    case "fentry":
      return attachTypeId(target.onReturn ? "trace_fexit" : "trace_fentry");
    case "fmodRet":
      return attachTypeId("modify_return");
    case "lsm":
      return attachTypeId("lsm_mac");
    case "freplace":
      // Programs of this type have none.
      return 0;
  }
}

function attachCgroupLsm(kernel: Kernel, programFd: number, cgroup: string | undefined, subject: string): Link {
  if (cgroup === undefined)
    throw new TypeError(`${subject} is for the processes of a control group: say which (option cgroup)`);
  using folder = new FileDescriptor(openSync(cgroupFolder(cgroup), constants.O_RDONLY | constants.O_DIRECTORY));
  const fd = linkCreate(kernel, { programFd, target: folder.fd, attachType: attachTypeId("lsm_cgroup") }, subject);
  return new Link(kernel, subject, "cgroup link", [{ program: fd }]);
}
