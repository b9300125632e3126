import { mkdirSync, renameSync, rmSync } from "node:fs";
import type { Btf } from "@sonde/bpf/btf";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { loadCollection } from "@sonde/kernel/collection";
import { Attacher } from "@sonde/kernel/links";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";

/** Begins the name of a pin that is about to take another's place. */
const UNFINISHED = "new-";

export interface RunningObject {
  map(name: string): BpfMap;
  /**
   * Pins its attachments in a folder on a BPF file system, in the place of those that are pinned there: they go on
   * until the folder is removed, whatever becomes of this process. Errors: KernelError.
   */
  pin(folder: string): void;
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
      pin(folder) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        for (const [i, link] of links.entries()) {
          const unfinished = `${folder}/${UNFINISHED}${i}`;
          rmSync(unfinished, { force: true });
          link.pin(unfinished);
          renameSync(unfinished, `${folder}/link${i}`);
        }
      },
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
