/** Every decoder by its name. To add one: its kind in a file here, and its line in this table. */
import type { DecoderKind } from "./decoder.ts";
import { device, majorMinor } from "./device.ts";
import * as identity from "./identity.ts";
import { dname, ifname, inetIp } from "./network.ts";
import { kernelEnum } from "./kernel-enum.ts";
import { address, errno, hex, uint } from "./numbers.ts";
import { pciClass, pciDevice, pciSubclass, pciVendor } from "./pci.ts";
import { regexp } from "./regexp.ts";
import { kstack, ksym } from "./symbols.ts";
import { syscall } from "./syscall.ts";
import { text } from "./text.ts";
import { staticMap, values } from "./values.ts";

export const DECODERS: Readonly<Record<string, DecoderKind>> = {
  text,
  string: text,
  values,
  static_map: staticMap,
  regexp,
  uint,
  hex,
  address,
  kernel_enum: kernelEnum,
  errno,
  syscall,
  ksym,
  kstack,
  inet_ip: inetIp,
  ifname,
  dname,
  device,
  majorminor: majorMinor,
  pci_vendor: pciVendor,
  pci_device: pciDevice,
  pci_class: pciClass,
  pci_subclass: pciSubclass,
  cgroup: identity.cgroup,
  cgroup_folder: identity.cgroupFolder,
  container: identity.container,
  container_id: identity.containerId,
  container_label: identity.containerLabel,
  container_runtime: identity.containerRuntime,
  image: identity.image,
  pod: identity.pod,
  pod_uid: identity.podUid,
  pod_label: identity.podLabel,
  namespace: identity.namespace,
  node: identity.node,
  comm: identity.comm,
  process_cgroup: identity.processCgroup,
};
