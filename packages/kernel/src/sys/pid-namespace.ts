/** The pid namespace in which this process runs: numbers of processes mean something in one only. */
import { statSync } from "node:fs";

export interface PidNamespace {
  /** As the kernel has it: the major number from bit 20 on. */
  readonly device: bigint;
  readonly inode: bigint;
}

/** PROC_PID_INIT_INO of include/linux/proc_ns.h. */
const INITIAL = 0xefff_fffcn;

/** Undefined in the initial one, whose numbers are the kernel's own. */
export function pidNamespace(): PidNamespace | undefined {
  const found = statSync("/proc/self/ns/pid", { bigint: true, throwIfNoEntry: false });
  if (found === undefined || found.ino === INITIAL) return undefined;
  const major = (found.dev >> 8n) & 0xfffn;
  const minor = (found.dev & 0xffn) | ((found.dev >> 12n) & 0xfff00n);
  return { device: (major << 20n) | minor, inode: found.ino };
}
