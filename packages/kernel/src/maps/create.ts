/** Makes a live map from its specification. */
import type { MapSpec } from "@sonde/bpf/spec";
import { mapCreate } from "../sys/bpf/map-commands.ts";
import { MapFlag, MapTypeId } from "../sys/constants.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError } from "../sys/errors.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { mapLayout } from "./layout.ts";
import { BpfMap } from "./map.ts";

/**
 * Creates the map; writes its first content, and freezes it if programs may only read it. `btfFd` is
 * the loaded BTF that the specification's type ids belong to.
 *
 * Errors: KernelError of BPF_MAP_CREATE (E2BIG and ENOMEM for sizes, EPERM for privilege) with
 * nothing left open.
 */
export function createMap(kernel: Kernel, spec: MapSpec, btfFd?: number): BpfMap {
  const fd = createDescriptor(kernel, spec, btfFd);
  try {
    const map = new BpfMap(
      kernel,
      fd,
      spec,
      mapLayout(spec, () => kernel.possibleCpus()),
    );
    if (spec.data !== undefined) {
      map.update(new Uint8Array(spec.keySize), spec.data);
      if ((spec.flags & MapFlag.RDONLY_PROG) !== 0) map.freeze();
    }
    return map;
  } catch (error) {
    fd.close();
    throw error;
  }
}

/** Types only make dumps readable, and some map types refuse them; which ones differs from version to version. */
function createDescriptor(kernel: Kernel, spec: MapSpec, btfFd: number | undefined): FileDescriptor {
  const request = { ...spec, type: MapTypeId[spec.type] };
  if (btfFd === undefined || (spec.keyTypeId === 0 && spec.valueTypeId === 0)) return mapCreate(kernel, request);
  try {
    return mapCreate(kernel, {
      ...request,
      btf: { fd: btfFd, keyTypeId: spec.keyTypeId, valueTypeId: spec.valueTypeId },
    });
  } catch (error) {
    if (!(error instanceof KernelError) || (error.errno !== Errno.EINVAL && error.errno !== Errno.ENOTSUPP))
      throw error;
    return mapCreate(kernel, request);
  }
}
