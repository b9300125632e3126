/**
 * Waits until one of several descriptors can be read, without blocking the event loop: by epoll on a
 * thread of Node.js's pool, which is occupied for as long as somebody waits.
 */
import { Attr } from "./attr.ts";
import { Errno } from "./errno.ts";
import { checked } from "./errors.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import type { Kernel } from "./kernel.ts";

const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
/** Of struct epoll_event: events (u32), then data (u64), which x86_64 packs. */
const EVENT_BYTES = 16;
/** Milliseconds that one call may block: a process that exits waits for its threads. */
const SLICE = 100;

export class Poller {
  readonly #kernel: Kernel;
  readonly #epoll: FileDescriptor;
  readonly #event: Attr;
  #waiting: Promise<number> | undefined;
  #closed: boolean = false;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#epoll = new FileDescriptor(checked(kernel.epollCreate(), "epoll_create1", "a new poller"));
    this.#event = new Attr(kernel, EVENT_BYTES, 0);
  }

  /** Waits for this descriptor too, until it is closed. */
  add(fd: number): void {
    const event = this.#kernel.attr(EVENT_BYTES);
    event.u32(0, EPOLLIN);
    checked(this.#kernel.epollControl(this.#epoll.fd, EPOLL_CTL_ADD, fd, event), "epoll_ctl", `descriptor ${fd}`);
  }

  /**
   * True once a descriptor can be read; false when `timeout` milliseconds have passed, or when the
   * poller has been closed meanwhile. One caller at a time.
   */
  async wait(timeout: number = Infinity): Promise<boolean> {
    const end = performance.now() + timeout;
    while (!this.#closed) {
      const left = Math.max(0, end - performance.now());
      if (await this.#slice(Math.min(left, SLICE))) return true;
      if (left <= SLICE) return false;
    }
    return false;
  }

  /** A wait that is under way ends within a tenth of a second. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#waiting === undefined) this.#epoll.close();
    else void this.#waiting.finally(() => this.#epoll.close());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #slice(milliseconds: number): Promise<boolean> {
    const wait = this.#kernel.epollWaitAsync(this.#epoll.fd, this.#event, 1, Math.ceil(milliseconds));
    this.#waiting = wait;
    let ready = await wait;
    this.#waiting = undefined;
    if (this.#closed) return false;
    // Which error it was has been lost on the other thread.
    if (ready < 0) ready = this.#kernel.epollWait(this.#epoll.fd, this.#event, 1, 0);
    return ready === -Errno.EINTR ? false : checked(ready, "epoll_wait", "a poller") > 0;
  }
}
