/** What the kernel says about a link: struct bpf_link_info, as an object for each kind. */
import { type AttachType, attachTypeName } from "../programs/attach-type.ts";
import { type Kernel, objectInfo } from "../sys/index.ts";

interface Common {
  /** The kernel's number for the link. */
  readonly id: number;
  /** Of the program that runs; 0 where it is a map's. */
  readonly programId: number;
}

/** By the kind's name in the kernel, without BPF_LINK_TYPE_. */
export type LinkInfo = Common &
  (
    | { readonly kind: "raw_tracepoint"; readonly tracepoint: string }
    | {
        readonly kind: "tracing";
        readonly attachType: AttachType | undefined;
        readonly targetObjectId: number;
        readonly targetTypeId: number;
      }
    | { readonly kind: "cgroup"; readonly cgroupId: bigint; readonly attachType: AttachType | undefined }
    | { readonly kind: "iter"; readonly target: string }
    | { readonly kind: "netns"; readonly inode: number; readonly attachType: AttachType | undefined }
    | { readonly kind: "xdp"; readonly interfaceIndex: number }
    | { readonly kind: "perf_event" }
    | { readonly kind: "kprobe_multi"; readonly count: number; readonly onReturn: boolean; readonly missed: bigint }
    | { readonly kind: "struct_ops"; readonly mapId: number }
    | {
        readonly kind: "netfilter";
        readonly family: number;
        readonly hook: number;
        readonly priority: number;
        readonly flags: number;
      }
    | { readonly kind: "tcx" | "netkit"; readonly interfaceIndex: number; readonly attachType: AttachType | undefined }
    | {
        readonly kind: "uprobe_multi";
        readonly path: string;
        readonly count: number;
        readonly onReturn: boolean;
        readonly pid: number;
      }
    | { readonly kind: "sockmap"; readonly mapId: number; readonly attachType: AttachType | undefined }
    /** A kind that came after this table. */
    | { readonly kind: "unknown"; readonly number: number }
  );

export type LinkKind = LinkInfo["kind"];

const INFO_SIZE = 80;
const TEXT_CAPACITY = 256;
const RETURN = 1;

/** enum bpf_link_type. */
const Kind = {
  RAW_TRACEPOINT: 1,
  TRACING: 2,
  CGROUP: 3,
  ITER: 4,
  NETNS: 5,
  XDP: 6,
  PERF_EVENT: 7,
  KPROBE_MULTI: 8,
  STRUCT_OPS: 9,
  NETFILTER: 10,
  TCX: 11,
  UPROBE_MULTI: 12,
  NETKIT: 13,
  SOCKMAP: 14,
} as const;

/**
 * BPF_OBJ_GET_INFO_BY_FD. What an older kernel does not tell is 0 or "".
 *
 *     0 type   4 id   8 prog_id   16 what is particular to the type
 */
export function linkInfo(kernel: Kernel, fd: number, subject: string): LinkInfo {
  // Where the kernel may write a text depends on the type: it is asked again for those that have one.
  const first = objectInfo(kernel, fd, INFO_SIZE, subject);
  const common: Common = { id: first.getUint32(4, true), programId: first.getUint32(8, true) };
  const number = first.getUint32(0, true);
  const u32 = (at: number): number => first.getUint32(at, true);
  const attachType = (at: number): AttachType | undefined => attachTypeName(u32(at));
  switch (number) {
    case Kind.RAW_TRACEPOINT:
      return { ...common, kind: "raw_tracepoint", tracepoint: textOf(kernel, fd, subject, 16, 24) };
    case Kind.TRACING:
      return { ...common, kind: "tracing", attachType: attachType(16), targetObjectId: u32(20), targetTypeId: u32(24) };
    case Kind.CGROUP:
      return { ...common, kind: "cgroup", cgroupId: first.getBigUint64(16, true), attachType: attachType(24) };
    case Kind.ITER:
      return { ...common, kind: "iter", target: textOf(kernel, fd, subject, 16, 24) };
    case Kind.NETNS:
      return { ...common, kind: "netns", inode: u32(16), attachType: attachType(20) };
    case Kind.XDP:
      return { ...common, kind: "xdp", interfaceIndex: u32(16) };
    case Kind.PERF_EVENT:
      return { ...common, kind: "perf_event" };
    case Kind.KPROBE_MULTI:
      return {
        ...common,
        kind: "kprobe_multi",
        count: u32(24),
        onReturn: (u32(28) & RETURN) !== 0,
        missed: first.getBigUint64(32, true),
      };
    case Kind.STRUCT_OPS:
      return { ...common, kind: "struct_ops", mapId: u32(16) };
    case Kind.NETFILTER:
      return {
        ...common,
        kind: "netfilter",
        family: u32(16),
        hook: u32(20),
        priority: first.getInt32(24, true),
        flags: u32(28),
      };
    case Kind.TCX:
    case Kind.NETKIT:
      return {
        ...common,
        kind: number === Kind.TCX ? "tcx" : "netkit",
        interfaceIndex: u32(16),
        attachType: attachType(20),
      };
    case Kind.UPROBE_MULTI:
      return {
        ...common,
        kind: "uprobe_multi",
        path: textOf(kernel, fd, subject, 16, 48),
        count: u32(52),
        onReturn: (u32(56) & RETURN) !== 0,
        pid: u32(60),
      };
    case Kind.SOCKMAP:
      return { ...common, kind: "sockmap", mapId: u32(16), attachType: attachType(20) };
    default:
      return { ...common, kind: "unknown", number };
  }
}

/** The text that the kernel copies to where the pointer at `at` says, as much as the length at `lengthAt` allows. */
function textOf(kernel: Kernel, fd: number, subject: string, at: number, lengthAt: number): string {
  let text: Uint8Array = new Uint8Array(0);
  objectInfo(kernel, fd, INFO_SIZE, subject, (info, attr) => {
    const memory = attr.reserve(TEXT_CAPACITY);
    info.setBigUint64(at, BigInt(memory.address), true);
    info.setUint32(lengthAt, TEXT_CAPACITY, true);
    text = memory.bytes;
  });
  return Buffer.from(text.subarray(0, text.indexOf(0))).toString("utf8");
}
