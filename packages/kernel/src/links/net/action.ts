/** Programs of type sched_act: actions of traffic control. */
import {
  type Direction,
  filters,
  putActionFilter,
  readActionFilter,
  removeFilter,
  replaceAction,
} from "../../netlink/index.ts";
import { Errno, type Kernel, KernelError, UnsupportedFeatureError } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import type { Link } from "../link.ts";
import { onClsact, removeUnusedClsact } from "./clsact.ts";
import { type DevicePlace, describeDevice } from "./device.ts";
import { HeldLink, refuseExpected } from "./held-link.ts";

export interface ActionOptions extends DevicePlace {
  readonly direction: Direction;
  /** 1 to 65535, lower ones run first; the kernel takes one below all others if absent. */
  readonly priority?: number;
  /** An ETH_P_* number; every protocol if absent. */
  readonly protocol?: number;
  /** What `tc action show` calls it; "sonde" if absent. */
  readonly name?: string;
}

const ROAD = "tc action";

/**
 * Makes a sched_act program the action of a filter that matches every packet, on the interface's clsact,
 * which is made if it has none. What it returns is a TC_ACT_* verdict. Detaching removes the filter with
 * its action, and the clsact as attachClsact does. Until then it stays, even when this process ends.
 *
 * Errors: UnsupportedFeatureError where the kernel has no action "bpf" or no classifier "matchall";
 * KernelError (ENODEV).
 */
export function attachAction(kernel: Kernel, program: LoadedProgram, options: ActionOptions): Link {
  const { direction, protocol, priority = 0, name = "sonde" } = options;
  const subject = `tc action ${direction}:${describeDevice(options)}`;
  return onClsact(kernel, options, subject, (clsact) => {
    const { netlink, index } = clsact;
    const wanted = { index, direction, protocol, priority, handle: 0 };
    const filter = supported(() => putActionFilter(netlink, wanted, { fd: program.fd, name }, subject));
    const place = { ...wanted, handle: filter.handle, priority: filter.priority };
    const isThere = (): boolean =>
      filters(netlink, index, direction, subject, readActionFilter).some(
        (other) => other.priority === filter.priority && other.action === filter.action,
      );
    return new HeldLink(kernel, subject, ROAD, {
      replace(next, expected) {
        refuseExpected(expected, subject, ROAD);
        replaceAction(netlink, filter.action, { fd: next.fd, name }, subject);
      },
      remove() {
        if (isThere()) removeFilter(netlink, place, subject, "matchall");
        removeUnusedClsact(clsact, subject);
      },
      close: () => netlink.close(),
    });
  });
}

/** The kernel answers so for a kind of filter or action that it does not have and can load no module for. */
function supported<T>(put: () => T): T {
  try {
    return put();
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== Errno.ENOENT) throw error;
    throw new UnsupportedFeatureError(
      "actions of traffic control by BPF programs",
      "4.8",
      `the kernel is built without CONFIG_NET_ACT_BPF or CONFIG_NET_CLS_MATCHALL: ${error.kernelText ?? error.code}`,
      { cause: error },
    );
  }
}
