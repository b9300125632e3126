/** A lock on a file that one process holds; it is gone when the process is, however it ended. */
import { Errno } from "./errno.ts";
import { checked } from "./errors.ts";
import type { Kernel } from "./kernel.ts";

/** LOCK_EX | LOCK_NB of flock(2). */
const EXCLUSIVE_NOW = 2 | 4;

/** Locks an open file; false if another process has it. Closing the descriptor lets go. */
export function lockFile(kernel: Kernel, fd: number, subject: string): boolean {
  const result = kernel.syscall("flock", undefined, fd, EXCLUSIVE_NOW);
  if (result === -Errno.EAGAIN) return false;
  checked(result, "flock", subject);
  return true;
}
