/** Programs for the processes of a control group (version 2). */
import { constants, openSync } from "node:fs";
import { type AttachType, attachTypeId } from "../../programs/attach-type.ts";
import {
  AttachFlag,
  type AttachedPrograms,
  type Attr,
  FileDescriptor,
  type Kernel,
  linkCreate,
  programAttach,
  programDetach,
  programQuery,
} from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import { Link } from "../link.ts";
import { CurrentProgram, HeldLink, refuseExpected } from "./held-link.ts";
import { type OrderOptions, type Position, positionOf, writePosition } from "./order.ts";
import { isUnknownToKernel, needing } from "./unsupported.ts";

/** The attach types of control groups. */
export type CgroupAttachType = Extract<AttachType, `cgroup_${string}` | "lsm_cgroup">;

export interface CgroupPlace {
  /** The group's folder ("/sys/fs/cgroup/system.slice"), or an open descriptor of it. */
  readonly cgroup: string | number;
  readonly attachType: CgroupAttachType;
}

/** An order is of 6.17: links go next to links, programs without one next to such. */
export interface CgroupOptions extends CgroupPlace, OrderOptions {
  /**
   * Whether it shares the group with others: "multi" (unless given) with any number in the group and below,
   * "override" gives way to one of a group below, "exclusive" allows none in the group or below. The last
   * two are no links.
   */
  readonly sharing?: "multi" | "override" | "exclusive";
  /** "link" (5.7) goes with its descriptor; "attach" stays when this process ends. A link unless the kernel has none. */
  readonly road?: "link" | "attach";
  /** Runs before the programs of groups below instead of after them; 6.15 */
  readonly preorder?: boolean;
}

const SHARING = { multi: AttachFlag.ALLOW_MULTI, override: AttachFlag.ALLOW_OVERRIDE, exclusive: 0 } as const;
const ROAD = "cgroup attachment";

/**
 * Attaches to a group. A program of type cgroup_sock, cgroup_sock_addr, cgroup_sockopt or cgroup_skb is
 * loaded for its attach type.
 *
 * Errors: KernelError: EPERM where a group above or the group itself is exclusive, EINVAL where the
 * program is of another type or the kernel does not know the attach type, EBADF where the folder is
 * no group of version 2; UnsupportedFeatureError for an order before 6.17.
 */
export function attachCgroup(kernel: Kernel, program: LoadedProgram, options: CgroupOptions): Link {
  const { sharing = "multi", road } = options;
  const subject = describe(options);
  const position = positionOf(options);
  const flags = position.flags | (options.preorder === true ? AttachFlag.PREORDER : 0);
  if (road !== "attach" && sharing === "multi") {
    const link = tryLink(kernel, program, options, { ...position, flags }, subject);
    if (link !== undefined) return link;
  }
  if (road === "link")
    throw new TypeError(`${subject}: a BPF link always shares its group ("multi"), it cannot be "${sharing}"`);
  return attachWithoutLink(kernel, program, options, { ...position, flags: flags | SHARING[sharing] }, subject);
}

/** Which programs are attached to the group, or with `effective` run for it, those of the groups above included. */
export function queryCgroup(kernel: Kernel, place: CgroupPlace & { readonly effective?: boolean }): AttachedPrograms {
  using group = openGroup(place.cgroup);
  const query = { target: group.fd, attachType: attachTypeId(place.attachType), effective: place.effective === true };
  return programQuery(kernel, query, describe(place));
}

/** Undefined where the kernel has no such links and another way is allowed. */
function tryLink(
  kernel: Kernel,
  program: LoadedProgram,
  { cgroup, attachType, road, order }: CgroupOptions,
  position: Position,
  subject: string,
): Link | undefined {
  using group = openGroup(cgroup);
  const request = {
    programFd: program.fd,
    target: group.fd,
    attachType: attachTypeId(attachType),
    flags: position.flags,
    extra: (attr: Attr) => writePosition(attr, position),
  };
  const create = (): FileDescriptor => linkCreate(kernel, request, subject);
  try {
    const link = order === undefined ? create() : needing("an order of programs in a cgroup", "6.17", create);
    return new Link(kernel, subject, "cgroup link", [{ program: link }]);
  } catch (error) {
    if (road === "link" || order !== undefined || !isUnknownToKernel(error)) throw error;
    return undefined;
  }
}

function attachWithoutLink(
  kernel: Kernel,
  program: LoadedProgram,
  options: CgroupOptions,
  { flags, relative, revision }: Position,
  subject: string,
): Link {
  const group = openGroup(options.cgroup);
  const request = { target: group.fd, attachType: attachTypeId(options.attachType) };
  try {
    programAttach(kernel, { ...request, programFd: program.fd, flags, relative, revision }, subject);
  } catch (error) {
    group.close();
    throw error;
  }
  const current = new CurrentProgram(kernel, program);
  return new HeldLink(kernel, subject, ROAD, {
    replace(next, expected) {
      refuseExpected(expected, subject, ROAD);
      current.replace(next, (programFd) =>
        programAttach(kernel, { ...request, programFd, ...replacement(flags, current.fd) }, subject),
      );
    },
    remove() {
      // Without ALLOW_MULTI the kernel detaches whatever is there, which may be somebody else's by now.
      const { programs } = programQuery(kernel, request, subject);
      if (!programs.some(({ programId }) => programId === current.id)) return;
      programDetach(kernel, { ...request, programFd: current.fd }, subject);
    },
    close() {
      current.close();
      group.close();
    },
  });
}

/** Among several the one to be replaced is named; a program that does not share is replaced by attaching another. */
function replacement(flags: number, replaceFd: number): { readonly flags: number; readonly replaceFd?: number } {
  const kept = flags & ~(AttachFlag.BEFORE | AttachFlag.AFTER | AttachFlag.ID | AttachFlag.LINK);
  return (flags & AttachFlag.ALLOW_MULTI) === 0 ? { flags: kept } : { flags: kept | AttachFlag.REPLACE, replaceFd };
}

function openGroup(cgroup: string | number): FileDescriptor {
  const path = typeof cgroup === "number" ? `/proc/self/fd/${cgroup}` : cgroup;
  return new FileDescriptor(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY));
}

function describe({ cgroup, attachType }: CgroupPlace): string {
  return `${attachType}:${typeof cgroup === "number" ? `cgroup descriptor ${cgroup}` : cgroup}`;
}
