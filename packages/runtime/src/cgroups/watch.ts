/** Cgroups as they come and go, told within a millisecond or two: a container that lives for 50 ms is among them. */
import type { Btf } from "@sonde/bpf/btf";
import { Ring } from "@sonde/kernel/rings";
import { Poller, type Kernel } from "@sonde/kernel/sys";
import { Bytes } from "../decode/bytes.ts";
import { readText } from "../decode/text.ts";
import { type RunningObject, runObject } from "../tracepoints/run.ts";
import type { Hierarchy } from "./hierarchy.ts";
import { cgroupLayout } from "./layout.ts";
import { EVENT, MADE, watchObject } from "./watch-object.ts";

export interface CgroupEvent {
  readonly what: "made" | "removed";
  readonly id: bigint;
  readonly parent: bigint;
  /** From the hierarchy's root. */
  readonly path: string;
  /** Name of the thread that made or removed it. */
  readonly maker: string;
}

export class CgroupWatch {
  readonly #object: RunningObject;
  readonly #ring: Ring;
  readonly #poller: Poller;
  readonly #onEvent: (event: CgroupEvent) => void;
  readonly #onLoss: () => void;
  #lost: number = 0;
  #closed: boolean = false;

  /**
   * From when it returns, no event is missed unless {@link lost} says so.
   * @param onLoss called when more were lost, after the events that were not: the tree has to be walked again
   * Errors: KernelError, VerifierError, or Error where the kernel does not tell its types.
   */
  constructor(
    kernel: Kernel,
    vmlinux: Btf,
    hierarchy: Hierarchy,
    onEvent: (event: CgroupEvent) => void,
    onLoss: () => void = () => {},
  ) {
    this.#onEvent = onEvent;
    this.#onLoss = onLoss;
    this.#object = runObject(kernel, vmlinux, watchObject(cgroupLayout(vmlinux, hierarchy), hierarchy));
    try {
      this.#ring = new Ring(kernel, this.#object.map("events"));
      this.#poller = new Poller(kernel);
      for (const fd of this.#ring.descriptors) this.#poller.add(fd);
    } catch (error) {
      this.#object.close();
      throw error;
    }
    void this.#follow();
  }

  /** Events that the ring had no room for. */
  get lost(): number {
    const value = this.#object.map("lost").lookup(new Uint8Array(4));
    return value === undefined ? 0 : Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true));
  }

  /** Hands out what is in the ring, for whoever cannot wait until it is handed out by itself. */
  drain(): void {
    let bytes: Bytes | undefined;
    this.#ring.drain((view, offset) => {
      bytes ??= new Bytes(view);
      this.#onEvent({
        what: view.getUint32(offset + EVENT.what, true) === MADE ? "made" : "removed",
        id: view.getBigUint64(offset + EVENT.id, true),
        parent: view.getBigUint64(offset + EVENT.parent, true),
        path: readText(bytes.buffer, offset + EVENT.path, EVENT.pathSize),
        maker: readText(bytes.buffer, offset + EVENT.maker, EVENT.makerSize),
      });
    });
    const { lost } = this;
    if (lost === this.#lost) return;
    this.#lost = lost;
    this.#onLoss();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#object.close();
    this.#poller.close();
    this.#ring.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** By epoll, not by a timer: events are rare, and what they tell of may be gone in some milliseconds. */
  async #follow(): Promise<void> {
    while (!this.#closed) if ((await this.#poller.wait(1000)) && !this.#closed) this.drain();
  }
}
