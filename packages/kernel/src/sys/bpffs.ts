/** Where pins live. */
import { statfsSync } from "node:fs";
import { kernelError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";

const PLACE = "/sys/fs/bpf";
/** BPF_FS_MAGIC of statfs(2). */
const MAGIC = 0xcafe4a11;

/** The mounted BPF file system; it is mounted if it is missing. Errors: KernelError of mount where it is not allowed. */
export function openBpffs(kernel: Kernel): string {
  // The magic number is signed on some machines.
  if (statfsSync(PLACE).type >>> 0 === MAGIC) return PLACE;
  const result = kernel.mount(PLACE, "bpf");
  if (result < 0) throw kernelError("mount", `the BPF file system at ${PLACE}`, -result);
  return PLACE;
}
