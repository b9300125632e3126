/** What attachments to a network interface have in common. */
import { type Device, Netlink, interfaceIndex } from "../../netlink/index.ts";
import {
  type Kernel,
  type LinkCreateRequest,
  type NetworkNamespace,
  inNetworkNamespace,
  linkCreate,
} from "../../sys/index.ts";
import { Link } from "../link.ts";

/** An interface, and the network namespace in which it is known by that name or index. */
export interface DevicePlace {
  readonly device: Device;
  /** This thread's own if absent. */
  readonly namespace?: NetworkNamespace;
}

/** The interface's index. Errors: KernelError (ENODEV). */
export function deviceIndex(kernel: Kernel, { device, namespace }: DevicePlace): number {
  if (typeof device === "number") return device;
  using netlink = new Netlink(kernel, namespace);
  return interfaceIndex(netlink, device);
}

/** "eth0", "eth0 in blue". */
export function describeDevice({ device, namespace }: DevicePlace): string {
  const name = typeof device === "number" ? `interface ${device}` : device;
  return typeof namespace === "string" ? `${name} in ${namespace}` : name;
}

/** A BPF link made by a thread that is in `namespace`, where the kernel looks for what the request names. */
export function linkIn(
  kernel: Kernel,
  namespace: NetworkNamespace | undefined,
  request: LinkCreateRequest,
  subject: string,
  road: string,
): Link {
  const program = inNetworkNamespace(kernel, namespace, () => linkCreate(kernel, request, subject));
  return new Link(kernel, subject, road, [{ program }]);
}
