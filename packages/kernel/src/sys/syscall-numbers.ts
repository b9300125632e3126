/** System call numbers of the two machines that Sonde runs on; they differ because arm64 started from a clean table. */
export interface SyscallNumbers {
  readonly ioctl: number;
  readonly mmap: number;
  readonly munmap: number;
  readonly mount: number;
  readonly prlimit64: number;
  readonly perf_event_open: number;
  readonly bpf: number;
}

/** Source: the kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. */
export function syscallNumbers(arch: string): SyscallNumbers {
  switch (arch) {
    case "x64":
      return { ioctl: 16, mmap: 9, munmap: 11, mount: 165, prlimit64: 302, perf_event_open: 298, bpf: 321 };
    case "arm64":
      return { ioctl: 29, mmap: 222, munmap: 215, mount: 40, prlimit64: 261, perf_event_open: 241, bpf: 280 };
    default:
      throw new Error(`Sonde runs on x86_64 and aarch64 Linux, not on ${arch}`);
  }
}
