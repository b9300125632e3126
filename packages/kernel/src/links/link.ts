/** A live attachment. The kernel keeps it exactly as long as one of its descriptors is open. */
import type { FileDescriptor } from "../sys/index.ts";

/** One place where the program runs; perf events on several CPUs are several. */
export interface Bond {
  /** Closing it stops the program. */
  readonly program: FileDescriptor;
  /** What happens there: the perf event that a BPF link hangs on. */
  readonly event?: FileDescriptor;
}

export class Link {
  /** What is attached where, as a person writes it: "tracepoint:sched:sched_switch". */
  readonly description: string;
  /** By which of the kernel's ways: "perf event link", "raw tracepoint link". */
  readonly road: string;
  readonly #bonds: readonly Bond[];

  /** Takes the descriptors over. */
  constructor(description: string, road: string, bonds: readonly Bond[]) {
    this.description = description;
    this.road = road;
    this.#bonds = bonds;
  }

  /** The BPF link's descriptor, for pinning; undefined for attachments that are none (before Linux 5.15) or several. */
  get fd(): number | undefined {
    const [bond] = this.#bonds;
    return this.#bonds.length === 1 && this.road.endsWith("link") ? bond?.program.fd : undefined;
  }

  /**
   * Resolves when the program does not run any more. Call {@link close} later to let go of the event
   * too. The kernel waits some 30 ms for each of the two (for all CPUs to leave the program, then
   * the event), so many links are best stopped together; see {@link stopAll}.
   */
  async stop(): Promise<void> {
    await Promise.all(this.#bonds.map((bond) => bond.program.closeAside()));
  }

  /** Detaches; nothing is left when it returns. */
  close(): void {
    for (const { program, event } of this.#bonds) {
      program.close();
      event?.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Stops the programs of many links, letting the kernel's waits pass together. Each is still to be closed. */
export async function stopAll(links: Iterable<Link>): Promise<void> {
  await Promise.all(Array.from(links, (link) => link.stop()));
}
