/** XDP: programs that see packets as the driver receives them. */
import { Netlink, XdpFlag, type XdpState, interfaceIndex, setXdp, xdpState } from "../../netlink/index.ts";
import { attachTypeId } from "../../programs/attach-type.ts";
import { Errno, type Kernel, KernelError } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import type { Link } from "../link.ts";
import { type DevicePlace, describeDevice, linkIn } from "./device.ts";
import { CurrentProgram, HeldLink } from "./held-link.ts";
import { isUnknownToKernel } from "./unsupported.ts";

export interface XdpOptions extends DevicePlace {
  /**
   * By the driver, by the network stack for drivers that cannot, or on the card. The kernel takes the
   * driver where it can unless this says.
   */
  readonly mode?: "native" | "generic" | "hardware";
  /**
   * "link" (5.9) goes with its descriptor; "netlink" stays when this process ends. A link unless the
   * kernel has none.
   */
  readonly road?: "link" | "netlink";
  /** Take the place of whatever program is there; by netlink only, a link refuses (EBUSY). */
  readonly replace?: boolean;
}

const MODES = { native: XdpFlag.DRV_MODE, generic: XdpFlag.SKB_MODE, hardware: XdpFlag.HW_MODE } as const;

/**
 * Attaches to an interface. Programs for packets of several pages are loaded with
 * ProgramFlag.XDP_HAS_FRAGS; those for a devmap or cpumap are not attached but put into the map.
 *
 * Errors: KernelError: EBUSY or EEXIST where another program is attached, EOPNOTSUPP where the driver
 * has no native mode, ENODEV.
 */
export function attachXdp(kernel: Kernel, program: LoadedProgram, options: XdpOptions): Link {
  const subject = `xdp:${describeDevice(options)}`;
  const netlink = new Netlink(kernel, options.namespace);
  try {
    const index = interfaceIndex(netlink, options.device);
    const flags = options.mode === undefined ? 0 : MODES[options.mode];
    const link = options.road === "netlink" ? undefined : tryLink(kernel, program, index, flags, subject, options);
    if (link === undefined)
      return attachByNetlink(kernel, netlink, program, index, flags, subject, options.replace === true);
    netlink.close();
    return link;
  } catch (error) {
    netlink.close();
    throw error;
  }
}

/** Which program an interface runs, whoever attached it. Errors: KernelError (ENODEV). */
export function queryXdp(kernel: Kernel, { device, namespace }: DevicePlace): XdpState {
  using netlink = new Netlink(kernel, namespace);
  return xdpState(netlink, interfaceIndex(netlink, device));
}

/** Undefined where the kernel has no such links and another way is allowed. */
function tryLink(
  kernel: Kernel,
  program: LoadedProgram,
  index: number,
  flags: number,
  subject: string,
  { namespace, road }: XdpOptions,
): Link | undefined {
  const request = { programFd: program.fd, target: index, attachType: attachTypeId("xdp"), flags };
  try {
    return linkIn(kernel, namespace, request, subject, "XDP link");
  } catch (error) {
    if (road === "link" || !isUnknownToKernel(error)) throw error;
    return undefined;
  }
}

/** Takes the netlink socket over. */
function attachByNetlink(
  kernel: Kernel,
  netlink: Netlink,
  program: LoadedProgram,
  index: number,
  flags: number,
  subject: string,
  replace: boolean,
): Link {
  setXdp(netlink, index, program.fd, replace ? flags : flags | XdpFlag.UPDATE_IF_NOEXIST, subject);
  const current = new CurrentProgram(kernel, program);
  return new HeldLink(kernel, subject, "XDP program set by netlink", {
    replace: (next, expected) =>
      current.replace(next, (fd) => setXdp(netlink, index, fd, flags, subject, expected?.fd)),
    remove() {
      try {
        setXdp(netlink, index, -1, flags, subject, current.fd);
      } catch (error) {
        // Another program has taken its place.
        if (!(error instanceof KernelError) || error.errno !== Errno.EEXIST) throw error;
      }
    },
    close() {
      current.close();
      netlink.close();
    },
  });
}
