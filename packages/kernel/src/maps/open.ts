/** Maps that exist already, by descriptor, id or path. */
import { objectById, objectGet } from "../sys/bpf/object-commands.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import { mapInfo } from "./info.ts";
import { mapLayout } from "./layout.ts";
import { BpfMap } from "./map.ts";

/**
 * The map behind a descriptor, which is taken over. It is called `name` if that is given, since the
 * kernel keeps only 15 characters. Errors: KernelError if the descriptor is no map's.
 */
export function adoptMap(kernel: Kernel, fd: FileDescriptor, subject: string, name?: string): BpfMap {
  try {
    const info = mapInfo(kernel, fd.fd, subject);
    return new BpfMap(
      kernel,
      fd,
      { ...info, name: name ?? info.name },
      mapLayout(info, () => kernel.possibleCpus()),
    );
  } catch (error) {
    fd.close();
    throw error;
  }
}

/** The map with this id, or undefined when it is gone. It is called `name` if that is given. */
export function openMapById(kernel: Kernel, id: number, name?: string): BpfMap | undefined {
  const fd = objectById(kernel, "map", id);
  return fd && adoptMap(kernel, fd, `map ${id}`, name);
}

/** The map that is pinned at a path. Errors: KernelError, ENOENT when there is nothing. */
export function openPinnedMap(kernel: Kernel, path: string, name?: string): BpfMap {
  return adoptMap(kernel, objectGet(kernel, path), path, name);
}
