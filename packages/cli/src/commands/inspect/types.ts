/** Names and types out of the BTF that programs, maps and the kernel itself were loaded with. */
import { type BtfReader, declaration } from "@sonde/bpf/btf";
import { openBtfById } from "@sonde/kernel/objects";
import { type Kernel, KernelError } from "@sonde/kernel/sys";
import { openVmlinuxBtf, userCache } from "@sonde/kernel/target";

/** Each BTF object is read once, when something of it is first shown. */
export class Types {
  readonly #kernel: Kernel;
  readonly #known = new Map<number, BtfReader | undefined>();
  #vmlinux: BtfReader | undefined | null = null;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The running kernel's own. */
  get vmlinux(): BtfReader | undefined {
    if (this.#vmlinux === null) this.#vmlinux = openVmlinuxBtf(this.#kernel, userCache());
    return this.#vmlinux;
  }

  /** Undefined for id 0, and for what is gone or may not be read. */
  open(id: number): BtfReader | undefined {
    if (id === 0) return undefined;
    if (!this.#known.has(id)) this.#known.set(id, this.#read(id));
    return this.#known.get(id);
  }

  /** The kernel's or a module's, by the id of the loaded object. */
  ofKernel(id: number): BtfReader | undefined {
    // The kernel's own types have the first id, and a mapping of them need not be copied.
    if (id === VMLINUX_ID) return this.vmlinux;
    if (!this.#known.has(id)) this.#known.set(id, this.#read(id, this.vmlinux));
    return this.#known.get(id);
  }

  /** The name of a function or another named type; undefined without one. */
  nameOf(btf: BtfReader | undefined, typeId: number): string | undefined {
    if (btf === undefined || typeId <= 0 || typeId >= btf.size) return undefined;
    const type = btf.type(typeId);
    return "name" in type && type.name !== "" ? type.name : undefined;
  }

  /** A type as C writes it; undefined where there are no types. */
  declare(btfId: number, typeId: number): string | undefined {
    const btf = this.open(btfId);
    return btf === undefined || typeId === 0 ? undefined : declaration(btf, typeId);
  }

  #read(id: number, base?: BtfReader): BtfReader | undefined {
    try {
      return openBtfById(this.#kernel, id, base);
    } catch (error) {
      if (error instanceof KernelError) return undefined;
      throw error;
    }
  }
}

const VMLINUX_ID = 1;
