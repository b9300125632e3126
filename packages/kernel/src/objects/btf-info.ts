/** What the kernel says about a loaded BTF object: struct bpf_btf_info. */
import { BtfReader } from "@sonde/bpf/btf";
import { btfBytes } from "../sys/bpf/btf-commands.ts";
import { objectById, objectInfo } from "../sys/bpf/object-commands.ts";
import type { Kernel } from "../sys/kernel.ts";

export interface BtfInfo {
  readonly id: number;
  /** "vmlinux", a module's name, or empty: most programs' types have none. */
  readonly name: string;
  readonly bytes: number;
  /** Whether it describes the kernel or a module (5.11). */
  readonly ofKernel: boolean;
}

const NAME_CAPACITY = 64;

/**
 *     0 btf (u64)   8 btf_size   12 id   16 name (u64)   24 name_len   28 kernel_btf
 */
export function btfInfo(kernel: Kernel, fd: number, subject: string): BtfInfo {
  const info = objectInfo(kernel, fd, 32, subject);
  return {
    id: info.getUint32(12, true),
    // Kernels before 5.11 know neither names nor what to do when they are asked for one.
    name: info.getUint32(28, true) === 0 ? "" : nameOf(kernel, fd, subject),
    bytes: info.getUint32(8, true),
    ofKernel: info.getUint32(28, true) !== 0,
  };
}

/** Only the kernel's own BTF and that of its modules have one. */
function nameOf(kernel: Kernel, fd: number, subject: string): string {
  let name: Uint8Array = new Uint8Array(1);
  objectInfo(kernel, fd, 32, subject, (view, attr) => {
    const memory = attr.reserve(NAME_CAPACITY);
    view.setBigUint64(16, BigInt(memory.address), true);
    view.setUint32(24, NAME_CAPACITY, true);
    name = memory.bytes;
  });
  return Buffer.from(name.subarray(0, name.indexOf(0))).toString("latin1");
}

/**
 * The types of a loaded BTF object; undefined when it is gone. For a module's, `base` must be the
 * kernel's own types.
 */
export function openBtfById(kernel: Kernel, id: number, base?: BtfReader): BtfReader | undefined {
  using fd = objectById(kernel, "btf", id);
  if (fd === undefined) return undefined;
  return new BtfReader(btfBytes(kernel, fd.fd, `BTF ${id}`), base === undefined ? {} : { base });
}
