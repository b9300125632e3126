/** A live set of admitted cgroups, for the filtered programs of one object. */
import type { Btf } from "@sonde/bpf/btf";
import { loadCollection, type Collection } from "@sonde/kernel/collection";
import { Attacher, type Link } from "@sonde/kernel/links";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";
import type { Hierarchy } from "../cgroups/hierarchy.ts";
import { cgroupLayout } from "../cgroups/layout.ts";
import { ADMITTED } from "./prologue.ts";
import { followObject, NAME_BYTES } from "./follow-object.ts";

const ONE = new Uint8Array(Uint32Array.of(1).buffer);

export class Admission {
  readonly #collection: Collection;
  readonly #links: readonly Link[];

  /**
   * From when it returns, what is made below an admitted cgroup is admitted too.
   * @param admitted the map of an object that is loaded already; one of its own unless given
   * Errors: KernelError, VerifierError.
   */
  constructor(kernel: Kernel, vmlinux: Btf, hierarchy: Hierarchy, admitted?: BpfMap) {
    this.#collection = loadCollection(kernel, followObject(cgroupLayout(vmlinux, hierarchy), hierarchy), {
      vmlinux: () => vmlinux,
      ...(admitted && { maps: { [ADMITTED]: admitted } }),
    });
    try {
      this.#links = new Attacher(kernel).attachAll(this.#collection.attachments());
    } catch (error) {
      this.#collection.close();
      throw error;
    }
  }

  /** For LoadOptions of a filtered object, in the place of its own map. */
  get map(): BpfMap {
    return this.#collection.map(ADMITTED);
  }

  /** Errors: KernelError (E2BIG) when 16,384 cgroups are admitted already. */
  admit(id: bigint): void {
    this.#collection.map(ADMITTED).update(idKey(id), ONE);
  }

  refuse(id: bigint): void {
    this.#collection.map(ADMITTED).delete(idKey(id));
  }

  /** Cgroups whose path ends with this name are admitted when they are made. */
  await(name: string): void {
    const key = nameKey(name);
    if (key !== undefined) this.#collection.map("awaited").update(key, ONE);
  }

  forget(name: string): void {
    const key = nameKey(name);
    if (key !== undefined) this.#collection.map("awaited").delete(key);
  }

  close(): void {
    for (const link of this.#links) link.close();
    this.#collection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function idKey(id: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(id).buffer);
}

/** Ended by a NUL, as the kernel reads it. No cgroup that matters has a longer name. */
function nameKey(name: string): Uint8Array | undefined {
  const bytes = Buffer.from(name, "utf8");
  if (bytes.length >= NAME_BYTES) return undefined;
  const key = new Uint8Array(NAME_BYTES);
  key.set(bytes);
  return key;
}
