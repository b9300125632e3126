/** A live set of admitted cgroups, for the filtered programs of one object. */
import type { Btf } from "@sonde/bpf/btf";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";
import type { Hierarchy } from "../cgroups/hierarchy.ts";
import { cgroupLayout } from "../cgroups/layout.ts";
import { type RunningObject, runObject } from "../tracepoints/run.ts";
import { ADMITTED } from "./prologue.ts";
import { followObject, NAME_BYTES } from "./follow-object.ts";

const ONE = new Uint8Array(Uint32Array.of(1).buffer);

export class Admission {
  readonly #object: RunningObject;

  /**
   * From when it returns, what is made below an admitted cgroup is admitted too.
   * @param admitted the map of an object that is loaded already; one of its own unless given
   * Errors: KernelError, VerifierError.
   */
  constructor(kernel: Kernel, vmlinux: Btf, hierarchy: Hierarchy, admitted?: BpfMap) {
    const object = followObject(cgroupLayout(vmlinux, hierarchy), hierarchy);
    this.#object = runObject(kernel, vmlinux, object, admitted && { [ADMITTED]: admitted });
  }

  /** For LoadOptions of a filtered object, in the place of its own map. */
  get map(): BpfMap {
    return this.#object.map(ADMITTED);
  }

  /** Errors: KernelError (E2BIG) when 16,384 cgroups are admitted already. */
  admit(id: bigint): void {
    this.#object.map(ADMITTED).update(idKey(id), ONE);
  }

  refuse(id: bigint): void {
    this.#object.map(ADMITTED).delete(idKey(id));
  }

  /** Cgroups whose path ends with this name are admitted when they are made. */
  await(name: string): void {
    const key = nameKey(name);
    if (key !== undefined) this.#object.map("awaited").update(key, ONE);
  }

  forget(name: string): void {
    const key = nameKey(name);
    if (key !== undefined) this.#object.map("awaited").delete(key);
  }

  /** See RunningObject: what is made below an admitted cgroup, or awaited, is admitted without this process too. */
  pin(folder: string): void {
    this.#object.pin(folder);
  }

  close(): void {
    this.#object.close();
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
