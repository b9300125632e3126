/** TCX: an ordered list of programs at each end of an interface, without queueing disciplines. Linux 6.6. */
import type { Direction } from "../../netlink/index.ts";
import { attachTypeId } from "../../programs/attach-type.ts";
import { type AttachedPrograms, type Attr, type Kernel, inNetworkNamespace, programQuery } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import type { Link } from "../link.ts";
import { type DevicePlace, describeDevice, deviceIndex, linkIn } from "./device.ts";
import { type OrderOptions, positionOf, writePosition } from "./order.ts";
import { needing } from "./unsupported.ts";

export interface TcxPlace extends DevicePlace {
  readonly direction: Direction;
}

export interface TcxOptions extends TcxPlace, OrderOptions {}

/**
 * Attaches a sched_cls program; it returns TCX_NEXT (-1) to let the next one decide.
 * Errors: UnsupportedFeatureError before 6.6; KernelError (ESTALE, ENOENT by order; ENODEV).
 */
export function attachTcx(kernel: Kernel, program: LoadedProgram, options: TcxOptions): Link {
  const subject = `tcx ${options.direction}:${describeDevice(options)}`;
  const position = positionOf(options);
  const request = {
    programFd: program.fd,
    target: deviceIndex(kernel, options),
    attachType: attachTypeId(`tcx_${options.direction}`),
    flags: position.flags,
    extra: (attr: Attr) => writePosition(attr, position),
  };
  return needing("TCX", "6.6", () => linkIn(kernel, options.namespace, request, subject, "TCX link"));
}

/** What runs there, in order. Errors as of {@link attachTcx}. */
export function queryTcx(kernel: Kernel, place: TcxPlace): AttachedPrograms {
  const subject = `tcx ${place.direction}:${describeDevice(place)}`;
  const query = { target: deviceIndex(kernel, place), attachType: attachTypeId(`tcx_${place.direction}`), links: true };
  return needing("TCX", "6.6", () =>
    inNetworkNamespace(kernel, place.namespace, () => programQuery(kernel, query, subject)),
  );
}
