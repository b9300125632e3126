/** Error numbers that the code decides by; names and texts of all others come from Node.js when they are printed. */
import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";

export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EMFILE: 24,
  ENOSPC: 28,
  ENOSYS: 38,
  ENOLINK: 67,
  EOPNOTSUPP: 95,
  /** The kernel's own "not supported", which was never meant to reach user space and does. */
  ENOTSUPP: 524,
} as const;

/** "EPERM" for 1. */
export function errnoName(errno: number): string {
  if (errno === Errno.ENOTSUPP) return "ENOTSUPP";
  for (const [name, value] of Object.entries(constants.errno)) {
    // Two names share a number here; the kernel's documentation uses the other ones.
    if (value === errno && name !== "EWOULDBLOCK" && name !== "ENOTSUP") return name;
  }
  return `errno ${errno}`;
}

/** "operation not permitted" for 1. */
export function errnoText(errno: number): string {
  if (errno === Errno.ENOTSUPP) return "not supported by the kernel";
  return getSystemErrorMap().get(-errno)?.[1] ?? "unknown error";
}
