/** Commands that allocate kernel memory for the caller. */
import type { Attr } from "../attr.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";

const RLIMIT_MEMLOCK = 8;

/**
 * bpf(2), tried again without a memory limit when it answers EPERM: before Linux 5.11 maps and
 * programs were charged to RLIMIT_MEMLOCK, whose default of 64 kB they exceed at once. Raising it
 * may fail (CAP_SYS_RESOURCE); then the first answer stands.
 */
export function bpfCharged(kernel: Kernel, command: number, attr: () => Attr): number {
  const result = kernel.bpf(command, attr());
  if (result !== -Errno.EPERM || kernel.unlimit(RLIMIT_MEMLOCK) < 0) return result;
  return kernel.bpf(command, attr());
}
