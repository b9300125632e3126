/** Traffic control by netlink: a BPF filter on an interface's clsact, as every kernel has it. */
import {
  type Direction,
  type Filter,
  type FilterPlace,
  Netlink,
  addClsact,
  filters,
  interfaceIndex,
  putFilter,
  removeClsact,
  removeFilter,
} from "../../netlink/index.ts";
import type { Kernel } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import { type DevicePlace, describeDevice } from "./device.ts";
import { HeldLink, type Hold, refuseExpected } from "./held-link.ts";

export interface ClsactOptions extends DevicePlace {
  readonly direction: Direction;
  /** The kernel chooses one if absent. */
  readonly handle?: number;
  /** 1 to 65535, lower ones run first; the kernel takes one below all others if absent. */
  readonly priority?: number;
  /** An ETH_P_* number; every protocol if absent. */
  readonly protocol?: number;
  /** What `tc filter show` calls it; "sonde" if absent. */
  readonly name?: string;
  /** Take the place of the filter that has this handle and priority. */
  readonly replace?: boolean;
  /** Whether what the program returns is a TC_ACT_* verdict rather than a class; true if absent. */
  readonly directAction?: boolean;
}

/** A filter, and where it came to stand. */
export class ClsactLink extends HeldLink {
  readonly handle: number;
  readonly priority: number;

  constructor(kernel: Kernel, description: string, filter: Filter, hold: Hold) {
    super(kernel, description, ROAD, hold);
    this.handle = filter.handle;
    this.priority = filter.priority;
  }
}

const ROAD = "clsact filter";

/**
 * Attaches a sched_cls program, and makes the interface's clsact if it has none. Detaching removes the
 * filter, and the clsact that was made for it if no filter of anybody is left on it. Until then it stays,
 * even when this process ends.
 *
 * Errors: KernelError (EEXIST where handle and priority are taken; ENODEV); its text has the kernel's reason.
 */
export function attachClsact(kernel: Kernel, program: LoadedProgram, options: ClsactOptions): ClsactLink {
  const subject = `tc ${options.direction}:${describeDevice(options)}`;
  return onClsact(kernel, options, subject, (clsact) => addFilter(kernel, clsact, program, subject, options));
}

/** An interface's clsact, and the socket for changes of it. */
export interface Clsact {
  readonly netlink: Netlink;
  /** Of the interface. */
  readonly index: number;
  /** Whether it was made for this. */
  readonly made: boolean;
}

/** Makes the interface's clsact if it has none; what `attach` returns takes the socket over. If that fails nothing has changed. */
export function onClsact<T>(kernel: Kernel, place: DevicePlace, subject: string, attach: (clsact: Clsact) => T): T {
  const netlink = new Netlink(kernel, place.namespace);
  try {
    const index = interfaceIndex(netlink, place.device);
    const made = addClsact(netlink, index, subject);
    try {
      return attach({ netlink, index, made });
    } catch (error) {
      if (made) removeClsact(netlink, index, subject);
      throw error;
    }
  } catch (error) {
    netlink.close();
    throw error;
  }
}

/** What was made for a filter goes with the last filter of anybody. */
export function removeUnusedClsact({ netlink, index, made }: Clsact, subject: string): void {
  if (made && isEmpty(netlink, index, subject)) removeClsact(netlink, index, subject);
}

function addFilter(
  kernel: Kernel,
  clsact: Clsact,
  program: LoadedProgram,
  subject: string,
  options: ClsactOptions,
): ClsactLink {
  const { netlink, index } = clsact;
  const {
    direction,
    protocol,
    handle = 0,
    priority = 0,
    name = "sonde",
    directAction = true,
    replace = false,
  } = options;
  const wanted = { index, direction, protocol, handle, priority };
  const filter = putFilter(netlink, wanted, { fd: program.fd, name, directAction }, replace, subject);
  const place: FilterPlace = { ...wanted, handle: filter.handle, priority: filter.priority };
  const isThere = (): boolean =>
    filters(netlink, index, direction, subject).some(
      (other) => other.handle === filter.handle && other.priority === filter.priority && other.programId === programId,
    );
  let { programId } = filter;
  return new ClsactLink(kernel, subject, filter, {
    replace(next, expected) {
      refuseExpected(expected, subject, ROAD);
      ({ programId } = putFilter(netlink, place, { fd: next.fd, name, directAction }, true, subject));
    },
    remove() {
      // Another program may have taken its place.
      if (isThere()) removeFilter(netlink, place, subject);
      removeUnusedClsact(clsact, subject);
    },
    close: () => netlink.close(),
  });
}

function isEmpty(netlink: Netlink, index: number, subject: string): boolean {
  return (["ingress", "egress"] as const).every(
    (direction) => filters(netlink, index, direction, subject).length === 0,
  );
}
