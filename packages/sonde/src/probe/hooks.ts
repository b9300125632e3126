/** Hooks at which a handler decides. */
import { atBuildTime } from "./build-time.ts";
import type { u16, u32, u64, u8 } from "./types.ts";

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
/** Packets on their way in or out of an interface. */
export const tc: (
  direction: "ingress" | "egress",
  handler: (packet: Packet & { readonly ifindex: u32; readonly mark: u32; readonly protocol: u32 }) => number | void,
) => void = atBuildTime("tc");

/** struct bpf_sock_addr: addresses and ports in network order. */
export interface SocketAddress {
  readonly user_family: u32;
  readonly user_ip4: u32;
  readonly user_port: u32;
  readonly family: u32;
  readonly type: u32;
  readonly protocol: u32;
}

/** Processes of a cgroup connect, bind, send, make sockets, open devices. 1, or no answer, allows it; 0 does not. */
export const cgroup: (
  hook: "connect4" | "connect6" | "bind4" | "bind6" | "sendmsg4" | "sendmsg6" | "sock_create" | "dev",
  handler: (address: SocketAddress) => number | void,
) => void = atBuildTime("cgroup");
/** A security hook of the kernel's, such as "file_open". 0, or no answer, allows it; a negative error number does not. */
export const lsm: (hook: string, handler: (event: never) => number | void) => void = atBuildTime("lsm");
