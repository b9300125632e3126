/** Routes whose packets pass through a BPF program (lightweight tunnels). */
import { AddressFamily } from "../sys/index.ts";
import type { Prefix } from "./address.ts";
import { type Attribute, MessageFlag, u16 } from "./message.ts";
import type { Netlink } from "./netlink.ts";

/** Which packets of the route the program sees: those received for it, sent by this host, or about to leave. */
export type LwtHook = "in" | "out" | "xmit" | "seg6local";

export interface Route {
  readonly destination: Prefix;
  /** Index of the interface that packets leave by. */
  readonly index: number;
  /** The next router's address, of the destination's family. */
  readonly gateway?: Uint8Array | undefined;
  /** 254, the main one, if absent. */
  readonly table?: number | undefined;
  /** Lower ones win. */
  readonly metric?: number | undefined;
}

export interface RouteProgram {
  readonly fd: number;
  readonly name: string;
  readonly hook: LwtHook;
  /** Bytes kept free before each packet, for headers that an xmit program pushes; at most 256. */
  readonly headroom?: number | undefined;
}

const MAIN_TABLE = 254;
const STATIC = 4;
const UNICAST = 1;
const SCOPE_LINK = 253;
const Rta = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, TABLE: 15, ENCAP_TYPE: 21, ENCAP: 22 } as const;
const EncapType = { BPF: 6, SEG6_LOCAL: 7 } as const;
const LwtBpf = { in: 1, out: 2, xmit: 3, HEADROOM: 4 } as const;
const Seg6Local = { ACTION: 1, BPF: 8 } as const;
const ACTION_END_BPF = 15;
/** Alike in LWT_BPF_PROG and SEG6_LOCAL_BPF_PROG. */
const Program = { FD: 1, NAME: 2 } as const;

/** Adds a route (EEXIST where there is one), or with `replace` puts it in that one's place. */
export function putRoute(
  netlink: Netlink,
  route: Route,
  program: RouteProgram,
  replace: boolean,
  subject: string,
): void {
  netlink.request(
    {
      type: "NEWROUTE",
      flags: MessageFlag.CREATE | (replace ? MessageFlag.REPLACE : MessageFlag.EXCL),
      header: header(route),
      attributes: [...attributes(route), ...encapsulation(program)],
    },
    subject,
  );
}

export function removeRoute(netlink: Netlink, route: Route, subject: string): void {
  netlink.request({ type: "DELROUTE", header: header(route), attributes: attributes(route) }, subject);
}

/** struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags (u32). */
function header({ destination, gateway }: Route): Uint8Array {
  const scope = gateway === undefined && destination.family === AddressFamily.INET ? SCOPE_LINK : 0;
  return Uint8Array.of(destination.family, destination.length, 0, 0, 0, STATIC, scope, UNICAST, 0, 0, 0, 0);
}

function attributes({ destination, index, gateway, table, metric }: Route): Attribute[] {
  return [
    [Rta.DST, destination.bytes],
    [Rta.OIF, index],
    [Rta.GATEWAY, gateway],
    [Rta.PRIORITY, metric],
    [Rta.TABLE, table ?? MAIN_TABLE],
  ];
}

function encapsulation({ fd, name, hook, headroom }: RouteProgram): Attribute[] {
  const program: Attribute[] = [
    [Program.FD, fd],
    [Program.NAME, name],
  ];
  if (hook === "seg6local") {
    const local: Attribute[] = [
      [Seg6Local.ACTION, ACTION_END_BPF],
      [Seg6Local.BPF, program],
    ];
    return [
      [Rta.ENCAP_TYPE, u16(EncapType.SEG6_LOCAL)],
      [Rta.ENCAP, local],
    ];
  }
  const tunnel: Attribute[] = [
    [LwtBpf[hook], program],
    [LwtBpf.HEADROOM, headroom],
  ];
  return [
    [Rta.ENCAP_TYPE, u16(EncapType.BPF)],
    [Rta.ENCAP, tunnel],
  ];
}
