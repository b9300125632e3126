/** bpf(2) commands that attach. */
import type { Attr } from "../attr.ts";
import { BpfCommand } from "../constants.ts";
import { checked } from "../errors.ts";
import { FileDescriptor } from "../file-descriptor.ts";
import type { Kernel } from "../kernel.ts";

/**
 * BPF_RAW_TRACEPOINT_OPEN; without a name for programs that know their target by BTF (fentry, fexit, tp_btf).
 * The cookie, which the program reads by bpf_get_attach_cookie, is of 6.10.
 *
 *     0 name (u64)   8 prog_fd   16 cookie (u64)
 */
export function rawTracepointOpen(
  kernel: Kernel,
  programFd: number,
  name: string | undefined,
  subject: string,
  cookie: bigint = 0n,
): FileDescriptor {
  const attr = kernel.attr(24);
  if (name !== undefined) attr.path(0, name);
  attr.u32(8, programFd);
  attr.u64(16, cookie);
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

/** BPF_F_REPLACE of BPF_LINK_UPDATE. */
const REPLACE = 4;

/**
 * BPF_LINK_UPDATE: another program (of struct_ops links: another map) in the place of the one that runs,
 * in one step. With `expectedFd` only if that one is it still (EPERM if not).
 *
 *     0 link_fd   4 new_prog_fd   8 flags   12 old_prog_fd
 */
export function linkUpdate(kernel: Kernel, linkFd: number, newFd: number, subject: string, expectedFd?: number): void {
  const attr = kernel.attr(16);
  attr.u32(0, linkFd);
  attr.u32(4, newFd);
  if (expectedFd !== undefined) {
    attr.u32(8, REPLACE);
    attr.u32(12, expectedFd);
  }
  checked(kernel.bpf(BpfCommand.LINK_UPDATE, attr), "BPF_LINK_UPDATE", subject);
}

/** BPF_LINK_DETACH: the program stops though the link, and its pins, stay. Only some kinds of link can (5.9). */
export function linkDetach(kernel: Kernel, linkFd: number, subject: string): void {
  const attr = kernel.attr(4);
  attr.u32(0, linkFd);
  checked(kernel.bpf(BpfCommand.LINK_DETACH, attr), "BPF_LINK_DETACH", subject);
}

/**
 * BPF_ITER_CREATE: a file that runs an iterator's program when it is read, and gives what that writes.
 *
 *     0 link_fd   4 flags
 */
export function iterCreate(kernel: Kernel, linkFd: number, subject: string): FileDescriptor {
  const attr = kernel.attr(8);
  attr.u32(0, linkFd);
  return new FileDescriptor(checked(kernel.bpf(BpfCommand.ITER_CREATE, attr), "BPF_ITER_CREATE", subject));
}
