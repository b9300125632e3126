/** Hooks at which a handler decides. */
import { atBuildTime } from "./build-time.ts";
import type { KernelFunctions, KernelStructs } from "./index.ts";
import type { s32, u16, u32, u64, u8 } from "./types.ts";

/** A packet. What is read beyond its end is undefined. Numbers are taken as the network writes them, highest byte first. */
export interface Packet {
  /** Bytes. */
  readonly length: number;
  u8(offset: number): u8 | undefined;
  u16(offset: number): u16 | undefined;
  u32(offset: number): u32 | undefined;
  u64(offset: number): u64 | undefined;
}

/** What becomes of a packet. */
export const XdpAction: {
  readonly aborted: 0;
  readonly drop: 1;
  readonly pass: 2;
  readonly transmit: 3;
  readonly redirect: 4;
} = { aborted: 0, drop: 1, pass: 2, transmit: 3, redirect: 4 };

/** Packets as they come in at a network interface, before the kernel looks at them. No answer passes them on. */
export const xdp: (
  device: string,
  handler: (packet: Packet & { readonly ingress_ifindex: u32; readonly rx_queue_index: u32 }) => number | void,
) => void = atBuildTime("xdp");

/** A packet that the kernel has looked at: fields of `struct __sk_buff`. */
export type KernelPacket = Packet & { readonly ifindex: u32; readonly mark: u32; readonly protocol: u32 };

/**
 * Packets on their way in or out of an interface, with their Ethernet header. Without an answer, or by
 * TcAction.next, the next program at the interface decides.
 */
export const tc: (
  device: string,
  direction: "ingress" | "egress",
  handler: (packet: KernelPacket) => number | void,
) => void = atBuildTime("tc");

/** What becomes of a packet at an interface; `pass` and `drop` leave no other program a say. */
export const TcAction: { readonly next: -1; readonly pass: 0; readonly drop: 2; readonly redirect: 7 } = {
  next: -1,
  pass: 0,
  drop: 2,
  redirect: 7,
};

/** struct bpf_sock_addr: addresses and ports in network order. */
export interface SocketAddress {
  readonly user_family: u32;
  readonly user_ip4: u32;
  readonly user_port: u32;
  readonly family: u32;
  readonly type: u32;
  readonly protocol: u32;
}

/** struct bpf_sock: addresses and ports in network order, but for `src_port`. */
export interface Socket {
  readonly bound_dev_if: u32;
  readonly family: u32;
  readonly type: u32;
  readonly protocol: u32;
  readonly mark: u32;
  readonly priority: u32;
  readonly src_ip4: u32;
  readonly src_port: u32;
}

/** struct bpf_sockopt. */
export interface SocketOption {
  readonly level: s32;
  readonly optname: s32;
  readonly optlen: s32;
}

/** struct bpf_sock_ops: `op` says what happens to the connection. */
export interface SocketOperation {
  readonly op: u32;
  readonly family: u32;
  readonly remote_ip4: u32;
  readonly local_ip4: u32;
  readonly remote_port: u32;
  readonly local_port: u32;
}

/** struct bpf_cgroup_dev_ctx. */
export interface DeviceAccess {
  readonly access_type: u32;
  readonly major: u32;
  readonly minor: u32;
}

/** What processes of a control group do, and what a handler sees of it. Packets begin with their IP header. */
export interface CgroupHooks {
  ingress: KernelPacket;
  egress: KernelPacket;
  connect4: SocketAddress;
  connect6: SocketAddress;
  bind4: SocketAddress;
  bind6: SocketAddress;
  sendmsg4: SocketAddress;
  sendmsg6: SocketAddress;
  recvmsg4: SocketAddress;
  recvmsg6: SocketAddress;
  sock_create: Socket;
  sock_release: Socket;
  post_bind4: Socket;
  post_bind6: Socket;
  getsockopt: SocketOption;
  setsockopt: SocketOption;
  sockops: SocketOperation;
  sysctl: { readonly write: u32; readonly file_pos: u32 };
  dev: DeviceAccess;
}

/**
 * Processes of a cgroup and of those below it connect, bind, send, make sockets, open devices. The group is named
 * by its path from the root of the tree: "/system.slice"; "/" is everybody. 1, or no answer, allows it; 0 does not.
 */
export const cgroup: <Hook extends keyof CgroupHooks>(
  group: string,
  hook: Hook,
  handler: (event: CgroupHooks[Hook]) => number | void,
) => void = atBuildTime("cgroup");

export interface NetfilterPlace {
  readonly family: "ipv4" | "ipv6";
  readonly hook: "prerouting" | "input" | "forward" | "output" | "postrouting";
  /** Lower ones run first, and no two are the same; nftables' filter chains have 0. */
  readonly priority: number;
  /** Fragments are put together first (Linux 6.6). */
  readonly defragment?: boolean;
}

/** struct bpf_nf_ctx: where the packet is, and the packet itself. */
export interface NetfilterEvent {
  readonly state: Struct<"nf_hook_state">;
  readonly skb: Struct<"sk_buff">;
}

/** A struct of the kernel, as far as the declarations know it. */
type Struct<Name extends string> = Name extends keyof KernelStructs
  ? KernelStructs[Name]
  : Readonly<Record<string, number>>;

/** Packets beside the chains of nftables (Linux 6.4). 1, or no answer, accepts the packet; 0 drops it. */
export const netfilter: (where: NetfilterPlace, handler: (event: NetfilterEvent) => number | void) => void =
  atBuildTime("netfilter");

/** struct bpf_sk_lookup: who asks for a socket. Addresses and the remote port are in network order. */
export interface SocketLookup {
  readonly family: u32;
  readonly protocol: u32;
  readonly remote_ip4: u32;
  readonly remote_port: u32;
  readonly local_ip4: u32;
  readonly local_port: u32;
  readonly ingress_ifindex: u32;
}

/** The kernel looks for the socket that a packet is for. 1, or no answer, lets it look; 0 refuses the packet. */
export const skLookup: (handler: (lookup: SocketLookup) => number | void) => void = atBuildTime("skLookup");

/** A function whose arguments the declarations know by name, or any other one. */
type EventOf<Name extends string> = Name extends keyof KernelFunctions
  ? Omit<KernelFunctions[Name], "retval">
  : Readonly<Record<string, number>>;

/** A security hook of the kernel's, such as "file_open". 0, or no answer, allows it; a negative error number does not. */
export const lsm: <Hook extends string>(
  hook: Hook,
  handler: (event: EventOf<`bpf_lsm_${Hook}`>) => number | void,
) => void = atBuildTime("lsm");

/** The same for processes and sockets of a control group and of those below it (Linux 6.0): 1, or no answer, allows it; 0 does not. */
export const lsmCgroup: <Hook extends string>(
  group: string,
  hook: Hook,
  handler: (event: EventOf<`bpf_lsm_${Hook}`>) => number | void,
) => void = atBuildTime("lsmCgroup");

/**
 * A function that the kernel lets programs answer for: `security_...`, and those open to error injection. 0, or no
 * answer, lets it run; a negative error number is returned in its place.
 */
export const fmodRet: <Name extends string>(name: Name, handler: (event: EventOf<Name>) => number | void) => void =
  atBuildTime("fmodRet");

/** A socket of TCP whose members functions of a congestion control may change; which ones, the verifier knows. */
type CongestionSocket = KernelStructs extends { readonly tcp_sock: infer Socket }
  ? { -readonly [Member in keyof Socket]: Socket[Member] }
  : never;
type RateSample = KernelStructs extends { readonly rate_sample: infer Sample } ? Sample : never;

/** Structs of functions that the kernel asks, by name. Others than these are taken as well, without their types. */
export interface StructOps {
  tcp_congestion_ops: {
    /** What `TCP_CONGESTION` and the sysctl call it: at most 15 bytes. */
    readonly name: string;
    /** 1: whoever may not change the network may choose it, too. */
    readonly flags?: number;
    readonly ssthresh: (sk: CongestionSocket) => number;
    readonly undo_cwnd: (sk: CongestionSocket) => number;
    /** This, or `cong_control`. */
    readonly cong_avoid?: (sk: CongestionSocket, ack: u32, acked: u32) => void;
    readonly cong_control?: (sk: CongestionSocket, ack: u32, flag: number, sample: RateSample) => void;
    readonly set_state?: (sk: CongestionSocket, state: u8) => void;
    readonly cwnd_event?: (sk: CongestionSocket, event: number) => void;
    readonly in_ack_event?: (sk: CongestionSocket, flags: u32) => void;
    readonly pkts_acked?: (sk: CongestionSocket, sample: never) => void;
    readonly min_tso_segs?: (sk: CongestionSocket) => number;
    readonly sndbuf_expand?: (sk: CongestionSocket) => number;
    readonly init?: (sk: CongestionSocket) => void;
    readonly release?: (sk: CongestionSocket) => void;
  };
}

/**
 * A struct of functions that the kernel asks, such as a congestion control. Functions are programs, other members
 * are values. It is in force while the monitor runs (by a link from 6.4 on).
 */
export const structOps: <Name extends string>(
  struct: Name,
  members: Name extends keyof StructOps ? StructOps[Name] : Readonly<Record<string, unknown>>,
) => void = atBuildTime("structOps");
