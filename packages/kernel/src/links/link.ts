/** A live attachment. The kernel keeps it as long as one of its descriptors is open or it is pinned. */
import { type Kernel, linkDetach, linkUpdate, objectGet, objectPin } from "../sys/index.ts";
import { type LinkInfo, linkInfo } from "./info.ts";

/** What ends when it is closed: a file descriptor, mostly. */
export interface Held {
  readonly fd: number;
  close(): void;
  /** Closes on another thread, where the kernel makes that wait. */
  closeAside(): Promise<void>;
}

/** One place where the program runs; perf events on several CPUs are several. */
export interface Bond {
  /** Closing it stops the program. */
  readonly program: Held;
  /** What happens there: the perf event that a BPF link hangs on. */
  readonly event?: Held;
}

export class Link {
  /** What is attached where, as a person writes it: "tracepoint:sched:sched_switch". */
  readonly description: string;
  /** By which of the kernel's ways: "perf event link", "raw tracepoint link". */
  readonly road: string;
  readonly #kernel: Kernel;
  readonly #bonds: readonly Bond[];

  /** Takes the descriptors over. A road whose name ends with "link" has a descriptor of a BPF link. */
  constructor(kernel: Kernel, description: string, road: string, bonds: readonly Bond[]) {
    this.#kernel = kernel;
    this.description = description;
    this.road = road;
    this.#bonds = bonds;
  }

  /** Opens a link that is pinned on a BPF file system. Errors: KernelError (ENOENT). */
  static open(kernel: Kernel, path: string): Link {
    const program = objectGet(kernel, path);
    try {
      linkInfo(kernel, program.fd, path);
    } catch (error) {
      program.close();
      throw error;
    }
    return new Link(kernel, path, "pinned link", [{ program }]);
  }

  /** The BPF link's descriptor; undefined for attachments that are none (before Linux 5.15) or several. */
  get fd(): number | undefined {
    const [bond] = this.#bonds;
    return this.#bonds.length === 1 && this.road.endsWith("link") ? bond?.program.fd : undefined;
  }

  /** What the kernel says about it. Errors: TypeError where there is no BPF link, or several. */
  info(): LinkInfo {
    return linkInfo(this.#kernel, this.#linkFd("has no information"), this.description);
  }

  /**
   * Gives it a path on a BPF file system, where it goes on when this process ends; removing the file
   * lets go of it. Errors: KernelError (EEXIST, ENOENT); TypeError where there is no BPF link, or several.
   */
  pin(path: string): void {
    objectPin(this.#kernel, this.#linkFd("cannot be pinned"), path);
  }

  /**
   * The same for a link of several attachments, each with a path of its own. Errors as of {@link pin};
   * what was pinned before the one that failed is pinned still.
   */
  pinEach(path: (index: number) => string): void {
    if (!this.road.endsWith("link"))
      throw new TypeError(`${this.description} cannot be pinned: it is a ${this.road}, not a BPF link`);
    for (const [index, { program }] of this.#bonds.entries()) objectPin(this.#kernel, program.fd, path(index));
  }

  /**
   * Puts another program (or struct_ops map) in the place of the one that runs, without a gap; with
   * `expected` only if that one runs still. Errors: KernelError: EINVAL where the kind of link does not
   * allow it (those of tracing), EPERM where another than the expected one runs.
   */
  update(program: { readonly fd: number }, expected?: { readonly fd: number }): void {
    linkUpdate(this.#kernel, this.#linkFd("cannot be updated"), program.fd, this.description, expected?.fd);
  }

  /** Ends the attachment even if it is pinned or somebody else holds it. Errors: KernelError (EOPNOTSUPP) where the kernel cannot. */
  detach(): void {
    linkDetach(this.#kernel, this.#linkFd("cannot be detached from others"), this.description);
  }

  /**
   * Resolves when the program does not run any more. Call {@link close} later to let go of the event
   * too. The kernel waits some 30 ms for each of the two (for all CPUs to leave the program, then
   * the event), so many links are best stopped together; see {@link stopAll}.
   */
  async stop(): Promise<void> {
    await Promise.all(this.#bonds.map((bond) => bond.program.closeAside()));
  }

  /** Detaches, unless it is pinned; nothing is left when it returns. */
  close(): void {
    for (const { program, event } of this.#bonds) {
      program.close();
      event?.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #linkFd(otherwise: string): number {
    const { fd } = this;
    if (fd !== undefined) return fd;
    const why =
      this.#bonds.length > 1 ? `it is ${this.#bonds.length} attachments` : `it is a ${this.road}, not a BPF link`;
    throw new TypeError(`${this.description} ${otherwise}: ${why}`);
  }
}

/** Stops the programs of many links, letting the kernel's waits pass together. Each is still to be closed. */
export async function stopAll(links: Iterable<Link>): Promise<void> {
  await Promise.all(Array.from(links, (link) => link.stop()));
}
