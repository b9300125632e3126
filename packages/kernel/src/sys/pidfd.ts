import { checked } from "./errors.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import type { Kernel } from "./kernel.ts";

/**
 * A descriptor that stands for a process, by which its task storage is found. It never comes to mean
 * another process. Errors: KernelError, ESRCH when there is no such process.
 */
export function openPidfd(kernel: Kernel, pid: number): FileDescriptor {
  return new FileDescriptor(checked(kernel.pidfdOpen(pid), "pidfd_open", `process ${pid}`));
}
