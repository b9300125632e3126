/** System call numbers of the two machines that Sonde runs on; they differ because arm64 started from a clean table. */
export interface SyscallNumbers {
  readonly ioctl: number;
  readonly mmap: number;
  readonly munmap: number;
  readonly mount: number;
  readonly prlimit64: number;
  readonly exit_group: number;
  readonly perf_event_open: number;
  readonly bpf: number;
  readonly epoll_create1: number;
  readonly epoll_ctl: number;
  readonly epoll_pwait: number;
  readonly pidfd_open: number;
  readonly socket: number;
  readonly bind: number;
  readonly listen: number;
  readonly accept4: number;
  readonly connect: number;
  readonly getsockname: number;
  readonly getpeername: number;
  readonly sendto: number;
  readonly recvfrom: number;
  readonly setsockopt: number;
  readonly getsockopt: number;
  readonly setns: number;
  readonly unshare: number;
  readonly flock: number;
  readonly prctl: number;
  readonly execve: number;
  readonly fcntl: number;
}

/** Source: the kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. */
export function syscallNumbers(arch: string): SyscallNumbers {
  switch (arch) {
    case "x64":
      return {
        ioctl: 16,
        mmap: 9,
        munmap: 11,
        mount: 165,
        prlimit64: 302,
        exit_group: 231,
        perf_event_open: 298,
        bpf: 321,
        epoll_create1: 291,
        epoll_ctl: 233,
        epoll_pwait: 281,
        pidfd_open: 434,
        socket: 41,
        bind: 49,
        listen: 50,
        accept4: 288,
        connect: 42,
        getsockname: 51,
        getpeername: 52,
        sendto: 44,
        recvfrom: 45,
        setsockopt: 54,
        getsockopt: 55,
        setns: 308,
        unshare: 272,
        flock: 73,
        prctl: 157,
        execve: 59,
        fcntl: 72,
      };
    case "arm64":
      return {
        ioctl: 29,
        mmap: 222,
        munmap: 215,
        mount: 40,
        prlimit64: 261,
        exit_group: 94,
        perf_event_open: 241,
        bpf: 280,
        epoll_create1: 20,
        epoll_ctl: 21,
        epoll_pwait: 22,
        pidfd_open: 434,
        socket: 198,
        bind: 200,
        listen: 201,
        accept4: 242,
        connect: 203,
        getsockname: 204,
        getpeername: 205,
        sendto: 206,
        recvfrom: 207,
        setsockopt: 208,
        getsockopt: 209,
        setns: 268,
        unshare: 97,
        flock: 32,
        prctl: 167,
        execve: 221,
        fcntl: 25,
      };
    default:
      throw new Error(`Sonde runs on x86_64 and aarch64 Linux, not on ${arch}`);
  }
}
