/** Finds what a program is verified against in the BTF of the kernel and its modules. */
import { readFileSync } from "node:fs";
import { BtfReader } from "@sonde/bpf/btf";
import type { Btf } from "@sonde/bpf/btf";
import { objectById, objectIds, objectInfo } from "../sys/bpf/object-commands.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError, UnsupportedFeatureError } from "../sys/errors.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import type { BtfTarget } from "./attach-point.ts";

const BTF_FOLDER = "/sys/kernel/btf";

/** The kernel's own types; opened when first asked for; undefined where the kernel does not tell them. */
export type Vmlinux = () => Btf | undefined;

export interface FoundTarget {
  /** Type id in the kernel's BTF, or in the module's. */
  readonly id: number;
  /** The module's BTF, for the caller to close. */
  readonly module?: FileDescriptor;
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

/** Errors: KernelError (ENOENT) where there is no such function or tracepoint. */
export function findBtfTarget(kernel: Kernel, vmlinux: Vmlinux, target: BtfTarget, subject: string): FoundTarget {
  const btf = requireVmlinux(vmlinux, subject);
  if (target.module === undefined) {
    const id = btf.find(target.name, target.kind)[0];
    if (id === undefined) throw absent(subject, target, "the kernel");
    return { id };
  }
  const path = `${BTF_FOLDER}/${target.module}`;
  let blob: Uint8Array;
  try {
    blob = readFileSync(path);
  } catch {
    throw absent(subject, target, `module '${target.module}', which is not loaded or has no types at ${path}`);
  }
  const base = btf instanceof BtfReader ? btf : new BtfReader(readFileSync(`${BTF_FOLDER}/vmlinux`));
  // The module's own types come last: where the name is in both, the kernel's is not the one meant.
  const id = new BtfReader(blob, { base }).find(target.name, target.kind).findLast((found) => found >= btf.size);
  if (id === undefined) throw absent(subject, target, `module '${target.module}'`);
  const module = moduleBtf(kernel, target.module);
  if (module === undefined) throw absent(subject, target, `module '${target.module}', which went away`);
  return { id, module };
}

/**
 * struct bpf_btf_info (Linux 5.11 names modules):
 *
 *     0 btf (u64)   8 btf_size   12 id   16 name (u64)   24 name_len   28 kernel_btf
 */
function moduleBtf(kernel: Kernel, name: string): FileDescriptor | undefined {
  for (const id of [...objectIds(kernel, "btf")]) {
    const fd = objectById(kernel, "btf", id);
    if (fd === undefined) continue;
    if (btfName(kernel, fd.fd) === name) return fd;
    fd.close();
  }
  return undefined;
}

const NAME_CAPACITY = 64;

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

function absent(subject: string, target: BtfTarget, where: string): KernelError {
  const thing =
    target.kind === "func" ? `function '${target.name}'` : `tracepoint '${target.name.replace(/^btf_trace_/, "")}'`;
  return new KernelError({
    call: "BPF_PROG_LOAD",
    subject: `${subject} for ${thing}`,
    errno: Errno.ENOENT,
    advice: `There is no ${thing} in the types of ${where}.`,
  });
}
