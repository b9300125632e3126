/** A second descriptor of an open file. Opening an object by its id would do the same, but takes CAP_SYS_ADMIN. */
import { kernelError } from "./errors.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import type { Kernel } from "./kernel.ts";

/** include/uapi/linux/fcntl.h */
const F_DUPFD_CLOEXEC = 1030;

/** Errors: KernelError (EMFILE). */
export function duplicated(kernel: Kernel, fd: number, subject: string): FileDescriptor {
  const copy = kernel.syscall("fcntl", undefined, fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw kernelError("fcntl(F_DUPFD_CLOEXEC)", subject, -copy);
  return new FileDescriptor(copy);
}
