/** bpf(2) commands that attach. */
import type { Attr } from "../attr.ts";
import { BpfCommand } from "../constants.ts";
import { checked } from "../errors.ts";
import { FileDescriptor } from "../file-descriptor.ts";
import type { Kernel } from "../kernel.ts";

/**
 * BPF_RAW_TRACEPOINT_OPEN; without a name for programs that know their target by BTF (fentry, fexit, tp_btf).
 *
 *     0 name (u64)   8 prog_fd
 */
export function rawTracepointOpen(
  kernel: Kernel,
  programFd: number,
  name: string | undefined,
  subject: string,
): FileDescriptor {
  const attr = kernel.attr(16);
  if (name !== undefined) attr.path(0, name);
  attr.u32(8, programFd);
  return new FileDescriptor(
    checked(kernel.bpf(BpfCommand.RAW_TRACEPOINT_OPEN, attr), "BPF_RAW_TRACEPOINT_OPEN", subject),
  );
}

export interface LinkCreateRequest {
  readonly programFd: number;
  /** A perf event, cgroup or interface index, by attach type; 0 for none. */
  readonly target: number;
  /** A number of {@link AttachType}. */
  readonly attachType: number;
  readonly flags?: number;
  /** Writes what is particular to the attach type, from byte 16 of an argument struct of 64. */
  readonly extra?: (attr: Attr) => void;
}

/**
 * BPF_LINK_CREATE.
 *
 *     0 prog_fd   4 target_fd or ifindex   8 attach_type   12 flags   16 by attach type
 */
export function linkCreate(kernel: Kernel, request: LinkCreateRequest, subject: string): FileDescriptor {
  const attr = kernel.attr(64);
  attr.u32(0, request.programFd);
  attr.u32(4, request.target);
  attr.u32(8, request.attachType);
  attr.u32(12, request.flags ?? 0);
  request.extra?.(attr);
  return new FileDescriptor(checked(kernel.bpf(BpfCommand.LINK_CREATE, attr), "BPF_LINK_CREATE", subject));
}
