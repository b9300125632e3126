/** bpf(2) commands on BTF. */
import { BpfCommand } from "../constants.ts";
import type { Kernel } from "../kernel.ts";
import { Memory } from "../memory.ts";
import { bpfCharged } from "./charged.ts";
import { objectInfo } from "./object-commands.ts";

/**
 * BPF_BTF_LOAD: the descriptor, or a negative errno (an older kernel may refuse kinds it does not know).
 *
 *     0 btf (u64)   8 log_buf (u64)   16 btf_size   20 log_size   24 log_level
 */
export function btfLoad(kernel: Kernel, btf: Uint8Array, log?: Memory): number {
  return bpfCharged(kernel, BpfCommand.BTF_LOAD, () => {
    const attr = kernel.attr(28);
    attr.pointer(0, btf);
    attr.u32(16, btf.length);
    if (log !== undefined) {
      attr.u64(8, log.address);
      attr.u32(20, log.bytes.length);
      attr.u32(24, 1);
    }
    return attr;
  });
}

/**
 * The bytes of a loaded BTF object. The kernel is asked twice: for their number, then for them.
 *
 * struct bpf_btf_info: 0 btf (u64)   8 btf_size
 */
export function btfBytes(kernel: Kernel, fd: number, subject: string): Uint8Array {
  const size = objectInfo(kernel, fd, 16, subject).getUint32(8, true);
  const memory = new Memory(kernel, size);
  objectInfo(kernel, fd, 16, subject, (info) => {
    info.setBigUint64(0, BigInt(memory.address), true);
    info.setUint32(8, size, true);
  });
  return memory.bytes;
}
