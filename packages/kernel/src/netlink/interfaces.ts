/** Network interfaces by name and number, and the XDP programs on them. */
import { Errno, KernelError } from "../sys/index.ts";
import { type Attribute, decodeAttributes, readNumber } from "./message.ts";
import type { Netlink } from "./netlink.ts";

/** A network interface by its name or its index. */
export type Device = string | number;

const IFINFO_SIZE = 16;
const IFLA_IFNAME = 3;
const IFLA_XDP = 43;
const Xdp = { FD: 1, ATTACHED: 2, FLAGS: 3, PROG_ID: 4, EXPECTED_FD: 8 } as const;

/** XDP_FLAGS_*. */
export const XdpFlag = { UPDATE_IF_NOEXIST: 1, SKB_MODE: 2, DRV_MODE: 4, HW_MODE: 8, REPLACE: 16 } as const;

/** struct ifinfomsg: 0 family, 2 type (u16), 4 index, 8 flags, 12 which of the flags change. */
export function interfaceHeader(index: number, flags: number = 0, change: number = 0): Uint8Array {
  const bytes = new Uint8Array(IFINFO_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, change, true);
  return bytes;
}

/** Errors: KernelError (ENODEV) where the netlink socket's namespace has no such interface. */
export function interfaceIndex(netlink: Netlink, device: Device): number {
  if (typeof device === "number") return device;
  const [answer] = find(netlink, device);
  if (answer === undefined) throw new Error(`the kernel says nothing about interface ${device}`);
  return new DataView(answer.buffer, answer.byteOffset).getInt32(4, true);
}

export interface XdpState {
  /** Of the program that runs; with several modes in use at once, 0. */
  readonly programId: number;
  readonly mode: "none" | "native" | "generic" | "hardware" | "several";
}

/** Which XDP program an interface runs. */
export function xdpState(netlink: Netlink, index: number): XdpState {
  const [answer] = netlink.request({ type: "GETLINK", header: interfaceHeader(index) }, `interface ${index}`);
  const xdp = answer && decodeAttributes(answer.subarray(IFINFO_SIZE)).get(IFLA_XDP);
  const state = decodeAttributes(xdp ?? new Uint8Array(0));
  const modes = ["none", "native", "generic", "hardware", "several"] as const;
  return {
    programId: readNumber(state.get(Xdp.PROG_ID)) ?? 0,
    mode: modes[readNumber(state.get(Xdp.ATTACHED)) ?? 0] ?? "none",
  };
}

/**
 * Puts a program on an interface, or with descriptor -1 takes it off. `expectedFd`: only in the place of
 * that program (-1: only where there is none). It stays when this process ends.
 */
export function setXdp(
  netlink: Netlink,
  index: number,
  programFd: number,
  flags: number,
  subject: string,
  expectedFd?: number,
): void {
  const xdp: Attribute[] = [
    [Xdp.FD, programFd],
    [Xdp.FLAGS, expectedFd === undefined ? flags : flags | XdpFlag.REPLACE],
    [Xdp.EXPECTED_FD, expectedFd],
  ];
  netlink.request({ type: "SETLINK", header: interfaceHeader(index), attributes: [[IFLA_XDP, xdp]] }, subject);
}

function find(netlink: Netlink, name: string): Uint8Array[] {
  const subject = `interface ${name}`;
  try {
    return netlink.request({ type: "GETLINK", header: interfaceHeader(0), attributes: [[IFLA_IFNAME, name]] }, subject);
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== Errno.ENODEV) throw error;
    const advice = "There is no interface of this name in this network namespace; ip link lists them.";
    throw new KernelError({ call: "RTM_GETLINK", subject, errno: Errno.ENODEV, advice });
  }
}
