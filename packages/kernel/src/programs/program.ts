/** A program that is live in the kernel. */
import type { AttachTarget, ProgramSpec } from "@sonde/bpf/spec";
import { objectInfo, objectPin } from "../sys/bpf/object-commands.ts";
import { programTestRun } from "../sys/bpf/program-commands.ts";
import type { TestRunRequest, TestRunResult } from "../sys/bpf/program-commands.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";

export interface ProgramStatistics {
  /** Counted only while statistics are on, see enableStatistics. */
  readonly runs: number;
  readonly nanoseconds: number;
  /** Events that were not seen because they happened inside this program on the same CPU; 0 before 5.12. */
  readonly recursionMisses: number;
}

/** One load of a specification: for tracing programs that is one of several. */
export class Program {
  readonly spec: ProgramSpec;
  /** Where this load may be attached. */
  readonly targets: readonly AttachTarget[];
  /** What the verifier wrote about it, if it was asked to when the program was loaded. */
  readonly log: string;
  readonly #kernel: Kernel;
  readonly #fd: FileDescriptor;

  /** Takes the descriptor over. */
  constructor(
    kernel: Kernel,
    spec: ProgramSpec,
    targets: readonly AttachTarget[],
    fd: FileDescriptor,
    log: string = "",
  ) {
    this.#kernel = kernel;
    this.#fd = fd;
    this.spec = spec;
    this.targets = targets;
    this.log = log;
  }

  get name(): string {
    return this.spec.name;
  }

  /** Throws when the program has been closed. */
  get fd(): number {
    return this.#fd.fd;
  }

  /** Runs it now, on this CPU. Errors: KernelError for types that cannot be run by hand. */
  testRun(request?: TestRunRequest): TestRunResult {
    return programTestRun(this.#kernel, this.fd, `program '${this.name}' (${this.spec.title})`, request);
  }

  /**
   * What it has cost. Fields of struct bpf_prog_info:
   *
   *     4 id   192 run_time_ns (u64)   200 run_cnt (u64)   208 recursion_misses (u64)
   */
  statistics(): ProgramStatistics {
    const info = this.#info();
    return {
      nanoseconds: Number(info.getBigUint64(192, true)),
      runs: Number(info.getBigUint64(200, true)),
      recursionMisses: Number(info.getBigUint64(208, true)),
    };
  }

  /** The kernel's number for it, as bpftool shows. */
  id(): number {
    return this.#info().getUint32(4, true);
  }

  /**
   * Gives it a path on a BPF file system, where it stays when this process ends; removing the file lets
   * go of it. See openPinnedProgram. Errors: KernelError (EEXIST, ENOENT, EPERM).
   */
  pin(path: string): void {
    objectPin(this.#kernel, this.fd, path);
  }

  /** Links that hold the program keep it running. */
  close(): void {
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #info(): DataView {
    return objectInfo(this.#kernel, this.fd, 216, `program '${this.name}'`);
  }
}
