/**
 * The system calls that Node.js has no API for, as one value that is handed to whoever needs it, so
 * that a test can put its own in between.
 *
 * Every call answers as the kernel itself does: a value from 0, or a negative errno. Nothing throws;
 * {@link KernelError} is made by the callers, who know what the call was made for.
 */
import type { Attr } from "./attr.ts";
import type { SyscallNumbers } from "./syscall-numbers.ts";

export interface Kernel {
  /** bpf(2). `command` is one of {@link BpfCommand}. */
  bpf(command: number, attr: Attr): number;
  /**
   * bpf(2) on another thread, for programs that verify for long. The errno is lost on the way (it
   * belongs to that thread): a failure is -1 whatever its cause.
   */
  bpfAsync(command: number, attr: Attr): Promise<number>;
  /** A zeroed argument block of `size` bytes, shared: it is valid until the next one is asked for. */
  attr(size: number): Attr;
  /** perf_event_open(2). */
  perfEventOpen(attr: Attr, pid: number, cpu: number, groupFd: number, flags: number): number;
  /** epoll_create1(2), close-on-exec. */
  epollCreate(): number;
  /** epoll_ctl(2); `attr` holds a struct epoll_event. */
  epollControl(epoll: number, operation: number, fd: number, attr: Attr): number;
  /** epoll_wait(2): into `attr`, at most `count` events; `timeout` in milliseconds. */
  epollWait(epoll: number, attr: Attr, count: number, timeout: number): number;
  /** epoll_wait(2) on another thread; a failure is -1 whatever its cause. */
  epollWaitAsync(epoll: number, attr: Attr, count: number, timeout: number): Promise<number>;
  /** pidfd_open(2). */
  pidfdOpen(pid: number): number;
  /**
   * Any other call of the table, by its name. Addresses among the arguments lie in `attr`, which is kept
   * alive for as long as the call lasts.
   */
  syscall(name: keyof SyscallNumbers, attr: Attr | undefined, ...args: readonly number[]): number;
  /** ioctl(2) with an integer or an address as its argument. */
  ioctl(fd: number, request: number, argument: number): number;
  /** mount(2), for the kernel's own file systems: no source, no data. */
  mount(target: string, type: string): number;
  /** Raises a resource limit of this process (soft and hard) to infinity. */
  unlimit(resource: number): number;
  /** exit_group(2): the process ends here, without what Node.js does at its end. Does not return. */
  exit(status: number): void;
  /** {@link possibleCpus}, read once. */
  possibleCpus(): readonly number[];
  /** mmap(2); `address` is a wish unless `flags` hold MAP_FIXED, 0 for none. */
  mmap(address: number, length: number, protection: number, flags: number, fd: number, offset: number): number;
  /** munmap(2). */
  munmap(address: number, length: number): number;
  /** munmap(2) once the garbage collector has proven that nothing can reach `buffer` any more. */
  munmapAfter(buffer: ArrayBuffer, address: number, length: number): void;
  /** Memory at an address as a buffer. It must stay mapped for as long as the buffer can be reached. */
  view(address: number, length: number): ArrayBuffer;
  /**
   * The address of a buffer's bytes. It does not keep the buffer alive: an address inside another
   * buffer is invisible to the garbage collector.
   */
  addressOf(buffer: ArrayBuffer): number;
}
