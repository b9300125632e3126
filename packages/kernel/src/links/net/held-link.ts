/**
 * An attachment that is no BPF link: the kernel keeps it until it is told to stop, even when this
 * process ends. It is a {@link Link} to whoever holds it: closing it detaches.
 */
import { Errno, type FileDescriptor, type Kernel, KernelError, objectById, objectInfo } from "../../sys/index.ts";
import type { LoadedProgram } from "../attacher.ts";
import { Link } from "../link.ts";

/** What can be done to the attachment. */
export interface Hold {
  /** Puts another program in this one's place, without a gap; with `expected` only if that one runs still. */
  replace(program: LoadedProgram, expected: LoadedProgram | undefined): void;
  /** Ends it. */
  remove(): void;
  /** Lets go of what the other two need. */
  close(): void;
}

export class HeldLink extends Link {
  readonly #hold: Hold;
  #held = true;

  /** `road` does not end with "link". */
  constructor(kernel: Kernel, description: string, road: string, hold: Hold) {
    super(kernel, description, road, []);
    this.#hold = hold;
  }

  override update(program: LoadedProgram, expected?: LoadedProgram): void {
    if (!this.#held) throw new TypeError(`${this.description} has been detached already`);
    this.#hold.replace(program, expected);
  }

  /** The same as {@link close}. */
  override detach(): void {
    this.close();
  }

  override stop(): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** Detaches. That somebody else did so before, or that the interface is gone, is no error. */
  override close(): void {
    if (!this.#held) return;
    this.#held = false;
    try {
      this.#hold.remove();
    } catch (error) {
      if (!isGone(error)) throw error;
    } finally {
      this.#hold.close();
    }
  }
}

function isGone(error: unknown): boolean {
  const gone: readonly number[] = [Errno.ENODEV, Errno.ENOENT, Errno.ESRCH, Errno.EINVAL];
  return error instanceof KernelError && gone.includes(error.errno);
}

/** For attachments that cannot tell which program they have. Errors: TypeError when one is expected. */
export function refuseExpected(expected: LoadedProgram | undefined, subject: string, road: string): void {
  if (expected === undefined) return;
  throw new TypeError(
    `${subject} cannot be updated on condition of the program that runs: it is a ${road}, not a BPF link`,
  );
}

/**
 * The program that an attachment has, by a descriptor of our own: the calls that change the attachment
 * name it, and its owner may have closed his.
 */
export class CurrentProgram {
  readonly #kernel: Kernel;
  #held: FileDescriptor;
  #id: number;

  constructor(kernel: Kernel, program: LoadedProgram) {
    this.#kernel = kernel;
    this.#id = programId(kernel, program);
    this.#held = openProgram(kernel, this.#id);
  }

  get fd(): number {
    return this.#held.fd;
  }

  /** The kernel's number for it. */
  get id(): number {
    return this.#id;
  }

  /** From now on it is `next`, if `attach` succeeds. */
  replace(next: LoadedProgram, attach: (nextFd: number) => void): void {
    const id = programId(this.#kernel, next);
    const held = openProgram(this.#kernel, id);
    try {
      attach(held.fd);
    } catch (error) {
      held.close();
      throw error;
    }
    this.#held.close();
    this.#held = held;
    this.#id = id;
  }

  close(): void {
    this.#held.close();
  }
}

/** The kernel's number for a program. struct bpf_prog_info: 0 type, 4 id. */
export function programId(kernel: Kernel, program: LoadedProgram): number {
  return objectInfo(kernel, program.fd, 8, "a program").getUint32(4, true);
}

function openProgram(kernel: Kernel, id: number): FileDescriptor {
  const held = objectById(kernel, "program", id);
  if (held === undefined) throw new Error(`program ${id} went away while its descriptor was open`);
  return held;
}
