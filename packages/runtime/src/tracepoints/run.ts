import type { Btf } from "@sonde/bpf/btf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { loadCollection } from "@sonde/kernel/collection";
import { Attacher } from "@sonde/kernel/links";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";

export interface RunningObject {
  map(name: string): BpfMap;
  close(): void;
}

/**
 * Loads and attaches all of an object, or nothing.
 * @param maps what stands for a map of the object, by its name
 * Errors: KernelError, VerifierError.
 */
export function runObject(
  kernel: Kernel,
  vmlinux: Btf,
  spec: ObjectSpec,
  maps: Readonly<Record<string, BpfMap>> = {},
): RunningObject {
  const collection = loadCollection(kernel, spec, { vmlinux: () => vmlinux, maps });
  try {
    const links = new Attacher(kernel).attachAll(collection.attachments());
    return {
      map: (name) => collection.map(name),
      close() {
        for (const link of links) link.close();
        collection.close();
      },
    };
  } catch (error) {
    collection.close();
    throw error;
  }
}
