/** The owner of an integer file descriptor: closed once, never used after. */
import { close, closeSync } from "node:fs";

export class FileDescriptor {
  #fd: number;

  /** Takes `fd` over. Descriptors of BPF objects are close-on-exec from birth. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The number, for the next system call; throws when closed, since the kernel may have given it to another file. */
  get fd(): number {
    if (this.#fd < 0) throw new Error("this file descriptor has been closed already");
    return this.#fd;
  }

  get closed(): boolean {
    return this.#fd < 0;
  }

  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    closeSync(fd);
  }

  /** Closes on another thread, for objects whose end the kernel waits for: so several wait at once. */
  closeAside(): Promise<void> {
    if (this.#fd < 0) return Promise.resolve();
    const fd = this.#fd;
    this.#fd = -1;
    return new Promise((resolve, reject) => close(fd, (error) => (error ? reject(error) : resolve())));
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
