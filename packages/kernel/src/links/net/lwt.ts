/** Lightweight tunnels: programs for the packets of a route. */
import {
  type LwtHook,
  Netlink,
  type Route,
  interfaceIndex,
  parseAddress,
  parsePrefix,
  putRoute,
  removeRoute,
} from "../../netlink/index.ts";
import type { Kernel } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import type { Link } from "../link.ts";
import type { DevicePlace } from "./device.ts";
import { HeldLink, programId, refuseExpected } from "./held-link.ts";

/** A route that is made for the program; `device` is where its packets go. */
export interface LwtOptions extends DevicePlace {
  readonly hook: LwtHook;
  /** "10.1.0.0/16", "2001:db8::1"; of seg6local IPv6 only. */
  readonly destination: string;
  /** The next router's address; none for what is reached directly. */
  readonly gateway?: string;
  /** The main table if absent. */
  readonly table?: number;
  readonly metric?: number;
  /** Bytes kept free before each packet, for headers that an xmit program pushes; at most 256. */
  readonly headroom?: number;
  /** What `ip route` calls the program, with its id after a colon; "sonde" if absent. */
  readonly name?: string;
}

const ROAD = "route";

/**
 * Adds a route whose packets pass a lwt_in, lwt_out, lwt_xmit or lwt_seg6local program. Detaching removes
 * the route; until then it stays, even when this process ends.
 *
 * Errors: KernelError: EEXIST where there is such a route, EOPNOTSUPP where the kernel is built without
 * CONFIG_LWTUNNEL_BPF (or CONFIG_IPV6_SEG6_BPF).
 */
export function attachLwt(kernel: Kernel, program: LoadedProgram, options: LwtOptions): Link {
  const { hook, headroom, destination, gateway, table, metric, name = "sonde" } = options;
  const subject = `lwt_${hook}:${destination}`;
  const netlink = new Netlink(kernel, options.namespace);
  try {
    const route: Route = {
      destination: parsePrefix(destination),
      index: interfaceIndex(netlink, options.device),
      gateway: gateway === undefined ? undefined : parseAddress(gateway),
      table,
      metric,
    };
    const put = (next: LoadedProgram, replace: boolean): void => {
      // The kernel takes programs of the same name for the same one, on any route by this interface.
      const unique = `${name}:${programId(kernel, next)}`;
      putRoute(netlink, route, { fd: next.fd, name: unique, hook, headroom }, replace, subject);
    };
    put(program, false);
    return new HeldLink(kernel, subject, ROAD, {
      replace(next, expected) {
        refuseExpected(expected, subject, ROAD);
        put(next, true);
      },
      remove: () => removeRoute(netlink, route, subject),
      close: () => netlink.close(),
    });
  } catch (error) {
    netlink.close();
    throw error;
  }
}
