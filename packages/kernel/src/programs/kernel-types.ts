/** The types of the running kernel and its modules: what programs are verified against and refer to. */
import { readFileSync, readdirSync } from "node:fs";
import { BtfReader } from "@sonde/bpf/btf";
import type { Btf, BtfKind, TypeId } from "@sonde/bpf/btf";
import { objectById, objectIds, objectInfo } from "../sys/bpf/object-commands.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError, UnsupportedFeatureError } from "../sys/errors.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";

const BTF_FOLDER = "/sys/kernel/btf";

/** The kernel's own types; opened when first asked for; undefined where the kernel does not tell them. */
export type Vmlinux = () => Btf | undefined;

/** A type of the kernel, or of one of its modules. */
export interface FoundType {
  /** Ids count in it; a module's holds the kernel's types too. */
  readonly btf: Btf;
  readonly id: TypeId;
  readonly module?: ModuleTypes;
}

/** A loaded module's types, on top of the kernel's. */
export class ModuleTypes {
  readonly name: string;
  readonly btf: Btf;
  readonly #kernel: Kernel;
  #fd: FileDescriptor | undefined;

  constructor(kernel: Kernel, name: string, btf: Btf) {
    this.#kernel = kernel;
    this.name = name;
    this.btf = btf;
  }

  /** The descriptor of the BTF object, by which programs refer to it. Errors: KernelError (ENOENT) if the module went away. */
  get fd(): number {
    this.#fd ??= openModuleBtf(this.#kernel, this.name);
    return this.#fd.fd;
  }

  close(): void {
    this.#fd?.close();
    this.#fd = undefined;
  }
}

/** Opened lazily; holds descriptors of modules' types until it is closed. */
export class KernelTypes {
  readonly #kernel: Kernel;
  readonly #vmlinux: Vmlinux;
  #base: BtfReader | undefined;
  readonly #modules = new Map<string, ModuleTypes | undefined>();

  constructor(kernel: Kernel, vmlinux: Vmlinux) {
    this.#kernel = kernel;
    this.#vmlinux = vmlinux;
  }

  /** Errors: UnsupportedFeatureError where the kernel was built without CONFIG_DEBUG_INFO_BTF. */
  vmlinux(purpose: string): Btf {
    return requireVmlinux(this.#vmlinux, purpose);
  }

  /** In the kernel itself, else in the first module that has it; undefined if none has. */
  find(name: string, kind: BtfKind, purpose: string): FoundType | undefined {
    const btf = this.vmlinux(purpose);
    const id = btf.find(name, kind)[0];
    if (id !== undefined) return { btf, id };
    for (const module of this.modules(purpose)) {
      const found = ownType(module, btf, name, kind);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** In one module only. */
  findIn(moduleName: string, name: string, kind: BtfKind, purpose: string): FoundType | undefined {
    const module = this.module(moduleName, purpose);
    return module && ownType(module, this.vmlinux(purpose), name, kind);
  }

  /** Undefined if it is not loaded or has no types. */
  module(name: string, purpose: string): ModuleTypes | undefined {
    if (!this.#modules.has(name)) this.#modules.set(name, this.#openModule(name, purpose));
    return this.#modules.get(name);
  }

  /** Those of all loaded modules that have types (5.11). */
  *modules(purpose: string): Generator<ModuleTypes> {
    for (const name of moduleNames()) {
      const module = this.module(name, purpose);
      if (module !== undefined) yield module;
    }
  }

  close(): void {
    for (const module of this.#modules.values()) module?.close();
  }

  #openModule(name: string, purpose: string): ModuleTypes | undefined {
    let blob: Uint8Array;
    try {
      blob = readFileSync(`${BTF_FOLDER}/${name}`);
    } catch {
      return undefined;
    }
    this.#base ??= readerOf(this.vmlinux(purpose));
    return new ModuleTypes(this.#kernel, name, new BtfReader(blob, { base: this.#base }));
  }
}

/** The kernel's types. Errors: UnsupportedFeatureError where it was built without CONFIG_DEBUG_INFO_BTF. */
export function requireVmlinux(vmlinux: Vmlinux, purpose: string): Btf {
  const btf = vmlinux();
  if (btf === undefined) {
    throw new UnsupportedFeatureError(
      "BTF",
      "5.4",
      `${purpose} needs the kernel's types, and /sys/kernel/btf/vmlinux cannot be read (CONFIG_DEBUG_INFO_BTF)`,
    );
  }
  return btf;
}

function readerOf(btf: Btf): BtfReader {
  return btf instanceof BtfReader ? btf : new BtfReader(readFileSync(`${BTF_FOLDER}/vmlinux`));
}

/** The module's own types come last: where the name is in both, the kernel's is not the one meant. */
function ownType(module: ModuleTypes, base: Btf, name: string, kind: BtfKind): FoundType | undefined {
  const id = module.btf.find(name, kind).findLast((found) => found >= base.size);
  return id === undefined ? undefined : { btf: module.btf, id, module };
}

function moduleNames(): readonly string[] {
  try {
    return readdirSync(BTF_FOLDER).filter((name) => name !== "vmlinux");
  } catch {
    return [];
  }
}

function openModuleBtf(kernel: Kernel, name: string): FileDescriptor {
  for (const id of [...objectIds(kernel, "btf")]) {
    const fd = objectById(kernel, "btf", id);
    if (fd === undefined) continue;
    if (btfName(kernel, fd.fd) === name) return fd;
    fd.close();
  }
  throw new KernelError({
    call: "BPF_BTF_GET_FD_BY_ID",
    subject: `the types of module '${name}'`,
    errno: Errno.ENOENT,
    advice: "The module was unloaded meanwhile.",
  });
}

const NAME_CAPACITY = 64;

/**
 * struct bpf_btf_info (Linux 5.11 names modules):
 *
 *     0 btf (u64)   8 btf_size   12 id   16 name (u64)   24 name_len   28 kernel_btf
 */
function btfName(kernel: Kernel, fd: number): string {
  let name: Uint8Array = new Uint8Array(0);
  objectInfo(kernel, fd, 32, "BTF", (info, attr) => {
    const memory = attr.reserve(NAME_CAPACITY);
    info.setBigUint64(16, BigInt(memory.address), true);
    info.setUint32(24, NAME_CAPACITY, true);
    name = memory.bytes;
  });
  return Buffer.from(name.subarray(0, name.indexOf(0))).toString("latin1");
}
