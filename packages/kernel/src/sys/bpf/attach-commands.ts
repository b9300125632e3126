/** bpf(2) commands that attach without a link, or ask what is attached. */
import type { Attr } from "../attr.ts";
import { BpfCommand } from "../constants.ts";
import { checked } from "../errors.ts";
import type { Kernel } from "../kernel.ts";

/** BPF_F_* of attachments, in BPF_PROG_ATTACH and BPF_LINK_CREATE alike. */
export const AttachFlag = {
  ALLOW_OVERRIDE: 1,
  ALLOW_MULTI: 2,
  REPLACE: 4,
  /** 6.6 */
  BEFORE: 8,
  /** 6.6 */
  AFTER: 16,
  /** What it is relative to is given by id instead of by descriptor; 6.6 */
  ID: 32,
  /** A cgroup's program runs before those of the groups below it; 6.15 */
  PREORDER: 64,
  /** What it is relative to is a link; 6.6 */
  LINK: 0x2000,
} as const;

export interface ProgramAttachRequest {
  readonly programFd: number;
  /** A cgroup, a map, or an interface's index, by attach type. */
  readonly target: number;
  readonly attachType: number;
  /** Bits of {@link AttachFlag}. */
  readonly flags?: number;
  /** The program that it takes the place of, with REPLACE. */
  readonly replaceFd?: number;
  /** Descriptor or id of what it stands before or after; 6.6 */
  readonly relative?: number;
  /** Refused (ESTALE) if the list of programs is not of this revision; 6.6 */
  readonly revision?: bigint;
}

/** BPF_PROG_ATTACH: stays until it is detached, whatever becomes of this process. */
export function programAttach(kernel: Kernel, request: ProgramAttachRequest, subject: string): void {
  checked(kernel.bpf(BpfCommand.PROG_ATTACH, attachAttr(kernel, request)), "BPF_PROG_ATTACH", subject);
}

/** BPF_PROG_DETACH. */
export function programDetach(kernel: Kernel, request: ProgramAttachRequest, subject: string): void {
  checked(kernel.bpf(BpfCommand.PROG_DETACH, attachAttr(kernel, request)), "BPF_PROG_DETACH", subject);
}

/**
 *      0 target_fd or ifindex   4 attach_bpf_fd   8 attach_type   12 attach_flags
 *     16 replace_bpf_fd        20 relative_fd or relative_id     24 expected_revision (u64)
 */
function attachAttr(kernel: Kernel, request: ProgramAttachRequest): Attr {
  const attr = kernel.attr(32);
  attr.u32(0, request.target);
  attr.u32(4, request.programFd);
  attr.u32(8, request.attachType);
  attr.u32(12, request.flags ?? 0);
  attr.u32(16, request.replaceFd ?? 0);
  attr.u32(20, request.relative ?? 0);
  attr.u64(24, request.revision ?? 0);
  return attr;
}

export interface ProgramQuery {
  /** A cgroup, network namespace, map, or an interface's index, by attach type. */
  readonly target: number;
  readonly attachType: number;
  /** All that run for a cgroup, those of the groups above it included. */
  readonly effective?: boolean;
  /** Ask for links and the revision too, which only TCX, netkit and (from 6.17) cgroups tell. */
  readonly links?: boolean;
}

export interface AttachedPrograms {
  /** In the order in which they run. */
  readonly programs: readonly {
    readonly programId: number;
    /** 0 for one that is attached without a link, and where links are not told. */
    readonly linkId: number;
  }[];
  /** ALLOW_OVERRIDE or ALLOW_MULTI of cgroups. */
  readonly flags: number;
  /** Counts the changes of the list; 0 where it is not told. */
  readonly revision: bigint;
}

/** More than any hook takes (TCX 64, cgroups 64 for each level). */
const MOST_PROGRAMS = 1024;

/**
 * BPF_PROG_QUERY.
 *
 *      0 target_fd or ifindex   4 attach_type   8 query_flags   12 attach_flags
 *     16 prog_ids (u64)        24 prog_cnt     32 prog_attach_flags (u64)
 *     40 link_ids (u64)        48 link_attach_flags (u64)      56 revision (u64)
 */
export function programQuery(kernel: Kernel, query: ProgramQuery, subject: string): AttachedPrograms {
  const attr = kernel.attr(64);
  attr.u32(0, query.target);
  attr.u32(4, query.attachType);
  attr.u32(8, query.effective === true ? 1 : 0);
  const programs = attr.output(16, 4 * MOST_PROGRAMS);
  attr.u32(24, MOST_PROGRAMS);
  const links = query.links === true ? attr.output(40, 4 * MOST_PROGRAMS) : undefined;
  checked(kernel.bpf(BpfCommand.PROG_QUERY, attr), "BPF_PROG_QUERY", subject);
  return {
    programs: Array.from({ length: attr.readU32(24) }, (_, i) => ({
      programId: idAt(programs, i),
      linkId: links === undefined ? 0 : idAt(links, i),
    })),
    flags: attr.readU32(12),
    revision: attr.readU64(56),
  };
}

function idAt(ids: Uint8Array, index: number): number {
  return new DataView(ids.buffer, ids.byteOffset).getUint32(4 * index, true);
}
