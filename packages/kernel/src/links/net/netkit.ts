/** netkit: a pair of devices whose packets pass a program instead of a wire. Linux 6.7. */
import { attachTypeId } from "../../programs/attach-type.ts";
import { type AttachedPrograms, type Attr, type Kernel, inNetworkNamespace, programQuery } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import type { Link } from "../link.ts";
import { type DevicePlace, describeDevice, deviceIndex, linkIn } from "./device.ts";
import { type OrderOptions, positionOf, writePosition } from "./order.ts";
import { needing } from "./unsupported.ts";

/** `device` is the pair's primary, whichever end the program is for; the peer cannot attach anything itself. */
export interface NetkitPlace extends DevicePlace {
  /** Which device's outgoing packets the program sees. */
  readonly end: "primary" | "peer";
}

export interface NetkitOptions extends NetkitPlace, OrderOptions {}

/**
 * Attaches a sched_cls program.
 * Errors: UnsupportedFeatureError before 6.7; KernelError: EACCES for the peer's index, ENOENT where the
 * interface is no netkit device, ESTALE by order.
 */
export function attachNetkit(kernel: Kernel, program: LoadedProgram, options: NetkitOptions): Link {
  const subject = `netkit ${options.end}:${describeDevice(options)}`;
  const position = positionOf(options);
  const request = {
    programFd: program.fd,
    target: deviceIndex(kernel, options),
    attachType: attachTypeId(`netkit_${options.end}`),
    flags: position.flags,
    extra: (attr: Attr) => writePosition(attr, position),
  };
  return needing("netkit", "6.7", () => linkIn(kernel, options.namespace, request, subject, "netkit link"));
}

/** What runs there, in order. Errors as of {@link attachNetkit}. */
export function queryNetkit(kernel: Kernel, place: NetkitPlace): AttachedPrograms {
  const subject = `netkit ${place.end}:${describeDevice(place)}`;
  const query = { target: deviceIndex(kernel, place), attachType: attachTypeId(`netkit_${place.end}`), links: true };
  return needing("netkit", "6.7", () =>
    inNetworkNamespace(kernel, place.namespace, () => programQuery(kernel, query, subject)),
  );
}
