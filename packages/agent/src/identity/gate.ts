/**
 * Keeps the cgroups that a filter means admitted to its object's programs: those that are there, those that
 * are made, and those of which more becomes known. What the kernel can decide by itself (below an admitted
 * group, or of an awaited name) is admitted before its first process runs.
 */
import type { FilterView } from "@sonde/bpf/spec";
import type { Btf } from "@sonde/bpf/btf";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";
import { Admission } from "@sonde/runtime/filter";
import { admits, awaitedNames } from "./filter.ts";
import type { Identity } from "./identity.ts";

export class Gate {
  readonly #name: string;
  readonly #filter: FilterView;
  readonly #identity: Identity;
  readonly #admission: Admission;
  readonly #admitted = new Set<bigint>();
  readonly #ends: (() => void)[] = [];
  #awaited: ReadonlySet<string> = new Set();

  /**
   * @param name of the map of admitted cgroups in the filtered object
   * @param map that map, if the object is loaded already; else the object is loaded with {@link maps}
   * Errors: KernelError (E2BIG when more cgroups match than there is room for), VerifierError.
   */
  constructor(kernel: Kernel, vmlinux: Btf, identity: Identity, filter: FilterView, name: string, map?: BpfMap) {
    this.#name = name;
    this.#filter = filter;
    this.#identity = identity;
    this.#admission = new Admission(kernel, vmlinux, identity.hierarchy, map);
    try {
      this.#await();
      this.#ends.push(identity.onChange((id, removed) => (removed ? void this.#admitted.delete(id) : this.#judge(id))));
      const end = identity.pods?.onChange(() => this.#await());
      if (end !== undefined) this.#ends.push(end);
      for (const { id } of identity.all()) this.#judge(id);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get maps(): Readonly<Record<string, BpfMap>> {
    return { [this.#name]: this.#admission.map };
  }

  /** See Admission: until the folder is removed the kernel goes on with what it can decide by itself. */
  pin(folder: string): void {
    this.#admission.pin(folder);
  }

  /** How many cgroups that exist now are admitted for what is known of them. */
  get admitted(): number {
    return this.#admitted.size;
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#admission.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #judge(id: bigint): void {
    const known = this.#identity.cgroup(id);
    const wanted = known !== undefined && admits(this.#filter, known);
    if (wanted === this.#admitted.has(id)) return;
    if (wanted) {
      this.#admission.admit(id);
      this.#admitted.add(id);
    } else {
      this.#admission.refuse(id);
      this.#admitted.delete(id);
    }
  }

  #await(): void {
    const wanted = new Set(awaitedNames(this.#filter, this.#identity.pods?.all() ?? []));
    for (const name of this.#awaited) if (!wanted.has(name)) this.#admission.forget(name);
    for (const name of wanted) if (!this.#awaited.has(name)) this.#admission.await(name);
    this.#awaited = wanted;
  }
}
