/** bpf(2) commands that attach without a link, change a link, or ask what is attached. */
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
  LINK: 1 << 13,
} as const;

/** Where a program is to stand among others, as the kernel takes it. */
export interface Position {
  /** BEFORE, AFTER, ID and LINK of {@link AttachFlag}. */
  readonly flags: number;
  /** Descriptor or id of what it is relative to; 0 for the start or the end. */
  readonly relative: number;
  /** The attachment fails (ESTALE) if the list has changed since this revision; 0 for any. */
  readonly revision: bigint;
}

/** Writes a position where both commands have it, at a byte that differs. */
export function writePosition(attr: Attr, offset: number, { relative, revision }: Position): void {
  attr.u32(offset, relative);
  attr.u64(offset === 16 ? 24 : 24, revision);
}

export interface ProgramAttachRequest {
  readonly programFd: number;
  /** A cgroup, a map, or an interface's index, by attach type. */
  readonly target: number;
  readonly attachType: number;
  /** Bits of {@link AttachFlag}. */
  readonly flags?: number;
  /** The program that it takes the place of, with REPLACE. */
  readonly replaceFd?: number;
}
