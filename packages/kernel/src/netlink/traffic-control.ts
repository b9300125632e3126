/** Traffic control's clsact queueing discipline and the BPF filters on it. */
import { Errno, KernelError } from "../sys/index.ts";
import { MessageFlag, decodeAttributes, readNumber, readText } from "./message.ts";
import type { Netlink } from "./netlink.ts";

export type Direction = "ingress" | "egress";

export const TCMSG_SIZE = 20;
/** TC_H_CLSACT: as a queueing discipline's parent, and with a zero minor number as its handle. */
const CLSACT = 0xffff_fff1;
const CLSACT_HANDLE = 0xffff_0000;
const PARENTS = { ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const;
/** TCA_*, of filters and queueing disciplines. */
export const Tca = { KIND: 1, OPTIONS: 2 } as const;
const Bpf = { FD: 6, NAME: 7, FLAGS: 8, ID: 11 } as const;
const DIRECT_ACTION = 1;
/** ETH_P_ALL */
const ALL_PROTOCOLS = 0x0003;

/** struct tcmsg: 0 family, 4 ifindex, 8 handle, 12 parent, 16 info. */
function header(index: number, handle: number, parent: number, info: number = 0): Uint8Array {
  const bytes = new Uint8Array(TCMSG_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, index, true);
  view.setUint32(8, handle, true);
  view.setUint32(12, parent, true);
  view.setUint32(16, info, true);
  return bytes;
}

/** Adds clsact to an interface; false when it has one (or the older ingress, which is in its place) already. */
export function addClsact(netlink: Netlink, index: number, subject: string): boolean {
  try {
    netlink.request(
      {
        type: "NEWQDISC",
        flags: MessageFlag.CREATE | MessageFlag.EXCL,
        header: header(index, CLSACT_HANDLE, CLSACT),
        attributes: [[Tca.KIND, "clsact"]],
      },
      subject,
    );
    return true;
  } catch (error) {
    if (error instanceof KernelError && error.errno === Errno.EEXIST) return false;
    throw error;
  }
}

/** Removes clsact with all its filters. */
export function removeClsact(netlink: Netlink, index: number, subject: string): void {
  netlink.request({ type: "DELQDISC", header: header(index, CLSACT_HANDLE, CLSACT) }, subject);
}

/** Where a filter stands: lower priorities run first; 0 lets the kernel choose. */
export interface FilterPlace {
  readonly index: number;
  readonly direction: Direction;
  readonly handle: number;
  readonly priority: number;
  /** An ETH_P_* number; every protocol if absent. */
  readonly protocol?: number | undefined;
}

export interface Filter {
  readonly handle: number;
  readonly priority: number;
  /** 0 for filters that are not BPF programs. */
  readonly programId: number;
  readonly name: string;
}

export interface FilterProgram {
  readonly fd: number;
  /** What `tc filter show` calls it. */
  readonly name: string;
  /** What it returns is the packet's fate (TC_ACT_*); if not, the class that it belongs to. */
  readonly directAction: boolean;
}

/** Adds a filter (refused with EEXIST where there is one), or with `replace` puts it in that one's place. Says where it came to stand. */
export function putFilter(
  netlink: Netlink,
  place: FilterPlace,
  program: FilterProgram,
  replace: boolean,
  subject: string,
): Filter {
  const answers = netlink.request(
    {
      type: "NEWTFILTER",
      flags: MessageFlag.CREATE | MessageFlag.ECHO | (replace ? MessageFlag.REPLACE : MessageFlag.EXCL),
      header: filterHeader(place),
      attributes: [
        [Tca.KIND, "bpf"],
        [
          Tca.OPTIONS,
          [
            [Bpf.FD, program.fd],
            [Bpf.NAME, program.name],
            [Bpf.FLAGS, program.directAction ? DIRECT_ACTION : 0],
          ],
        ],
      ],
    },
    subject,
  );
  const [filter] = answers.map(readFilter);
  if (filter === undefined) throw new Error(`${subject}: the kernel does not say where the filter stands`);
  return filter;
}

export function removeFilter(
  netlink: Netlink,
  place: FilterPlace,
  subject: string,
  kind: "bpf" | "matchall" = "bpf",
): void {
  netlink.request({ type: "DELTFILTER", header: filterHeader(place), attributes: [[Tca.KIND, kind]] }, subject);
}

/** All filters of one direction, in the order in which they run; `read` makes of each what the caller wants of it. */
export function filters<T extends { readonly handle: number } = Filter>(
  netlink: Netlink,
  index: number,
  direction: Direction,
  subject: string,
  read: (body: Uint8Array) => T = readFilter as (body: Uint8Array) => never,
): T[] {
  const request = {
    type: "GETTFILTER",
    flags: MessageFlag.DUMP,
    header: header(index, 0, PARENTS[direction]),
  } as const;
  // Each priority has a head of its own, without a handle.
  return netlink
    .request(request, subject)
    .map(read)
    .filter(({ handle }) => handle !== 0);
}

export function filterHeader({
  index,
  direction,
  handle,
  priority,
  protocol = ALL_PROTOCOLS,
}: FilterPlace): Uint8Array {
  const bigEndian = ((protocol & 0xff) << 8) | (protocol >> 8);
  return header(index, handle, PARENTS[direction], ((priority << 16) | bigEndian) >>> 0);
}

function readFilter(body: Uint8Array): Filter {
  const view = new DataView(body.buffer, body.byteOffset);
  const options = decodeAttributes(decodeAttributes(body.subarray(TCMSG_SIZE)).get(Tca.OPTIONS) ?? new Uint8Array(0));
  return {
    handle: view.getUint32(8, true),
    priority: view.getUint32(16, true) >>> 16,
    programId: readNumber(options.get(Bpf.ID)) ?? 0,
    name: readText(options.get(Bpf.NAME)) ?? "",
  };
}
