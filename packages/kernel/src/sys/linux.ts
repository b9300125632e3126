/** The real {@link Kernel}: libc's syscall(2) through koffi. */
import { Attr } from "./attr.ts";
import { possibleCpus } from "./cpus.ts";
import { loadFfi } from "./ffi.ts";
import type { Ffi } from "./ffi.ts";
import type { Kernel } from "./kernel.ts";
import { syscallNumbers } from "./syscall-numbers.ts";
import type { SyscallNumbers } from "./syscall-numbers.ts";

/** O_CLOEXEC, and EPOLL_CLOEXEC which equals it. */
const CLOEXEC = 0x80000;

/**
 * A process needs one. Opening it costs nothing: the foreign function interface is loaded by the
 * first call.
 */
export function openKernel(): Kernel {
  const libc = lazyLibc();
  let shared: Attr | undefined;
  // The block of the call under way. An address is no reference: without this the collector may take
  // the block while the kernel reads it.
  const inUse: { attr: Attr | undefined } = { attr: undefined };
  let cpus: readonly number[] | undefined;
  let mappings: FinalizationRegistry<readonly [address: number, length: number]> | undefined;

  const kernel: Kernel = {
    bpf(command, attr) {
      inUse.attr = attr;
      const { call, numbers } = libc();
      return call(numbers.bpf, command, attr.address, attr.size, 0, 0, 0);
    },
    async bpfAsync(command, attr) {
      const { callAsync, numbers } = libc();
      const result = await callAsync(numbers.bpf, command, attr.address, attr.size, 0, 0, 0);
      inUse.attr = attr;
      return result;
    },
    attr(size) {
      shared ??= new Attr(kernel);
      shared.reset(size);
      return shared;
    },
    perfEventOpen(attr, pid, cpu, groupFd, flags) {
      inUse.attr = attr;
      const { call, numbers } = libc();
      return call(numbers.perf_event_open, attr.address, pid, cpu, groupFd, flags, 0);
    },
    epollCreate() {
      const { call, numbers } = libc();
      return call(numbers.epoll_create1, CLOEXEC, 0, 0, 0, 0, 0);
    },
    epollControl(epoll, operation, fd, attr) {
      inUse.attr = attr;
      const { call, numbers } = libc();
      return call(numbers.epoll_ctl, epoll, operation, fd, attr.address, 0, 0);
    },
    epollWait(epoll, attr, count, timeout) {
      inUse.attr = attr;
      const { call, numbers } = libc();
      return call(numbers.epoll_pwait, epoll, attr.address, count, timeout, 0, 0);
    },
    async epollWaitAsync(epoll, attr, count, timeout) {
      const { callAsync, numbers } = libc();
      const result = await callAsync(numbers.epoll_pwait, epoll, attr.address, count, timeout, 0, 0);
      inUse.attr = attr;
      return result;
    },
    pidfdOpen(pid) {
      const { call, numbers } = libc();
      return call(numbers.pidfd_open, pid, 0, 0, 0, 0, 0);
    },
    syscall(name, attr, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0) {
      inUse.attr = attr;
      const { call, numbers } = libc();
      return call(numbers[name], a, b, c, d, e, f);
    },
    ioctl(fd, request, argument) {
      const { call, numbers } = libc();
      return call(numbers.ioctl, fd, request, argument, 0, 0, 0);
    },
    mount(target, type) {
      const strings = kernel.attr(0);
      const { call, numbers } = libc();
      const name = strings.string(type);
      return call(numbers.mount, name, strings.string(target), name, 0, 0, 0);
    },
    unlimit(resource) {
      const limits = kernel.attr(16);
      limits.u64(0, 0xffff_ffff_ffff_ffffn);
      limits.u64(8, 0xffff_ffff_ffff_ffffn);
      const { call, numbers } = libc();
      return call(numbers.prlimit64, 0, resource, limits.address, 0, 0, 0);
    },
    exit(status) {
      const { call, numbers } = libc();
      call(numbers.exit_group, status, 0, 0, 0, 0, 0);
    },
    possibleCpus: () => (cpus ??= possibleCpus()),
    mmap(address, length, protection, flags, fd, offset) {
      const { call, numbers } = libc();
      return call(numbers.mmap, address, length, protection, flags, fd, offset);
    },
    munmap(address, length) {
      const { call, numbers } = libc();
      return call(numbers.munmap, address, length, 0, 0, 0, 0);
    },
    munmapAfter(buffer, address, length) {
      mappings ??= new FinalizationRegistry(([start, size]) => kernel.munmap(start, size));
      mappings.register(buffer, [address, length]);
    },
    view: (address, length) => libc().ffi.view(BigInt(address), length),
    addressOf: (buffer) => Number(libc().ffi.address(buffer)),
  };
  return kernel;
}

type Syscall<Result> = (number: number, a: number, b: number, c: number, d: number, e: number, f: number) => Result;

interface Libc {
  readonly ffi: Ffi;
  readonly numbers: SyscallNumbers;
  readonly call: Syscall<number>;
  readonly callAsync: Syscall<Promise<number>>;
}

function lazyLibc(): () => Libc {
  let libc: Libc | undefined;
  return () => (libc ??= openLibc());
}

/** Addresses of user space are below 2^53 on both machines, so numbers hold them; arguments are C's long. */
function openLibc(): Libc {
  const ffi = loadFfi();
  const long = "long";
  const syscall = ffi.load(null).func("syscall", long, [long, long, long, long, long, long, long]);
  return {
    ffi,
    numbers: syscallNumbers(process.arch),
    call: (number, a, b, c, d, e, f) => {
      const result = syscall(number, a, b, c, d, e, f) as number;
      return result === -1 ? -ffi.errno() : result;
    },
    callAsync: (number, a, b, c, d, e, f) =>
      new Promise((resolve, reject) => {
        syscall.async(number, a, b, c, d, e, f, (error: unknown, result: number) =>
          error === null ? resolve(result) : reject(error),
        );
      }),
  };
}
