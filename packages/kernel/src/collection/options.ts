/** How an object is loaded, as far as the object itself does not say it. */
import type { Btf } from "@sonde/bpf/btf";
import type { MapTypesText } from "../maps/compare.ts";
import type { TargetProgram } from "../programs/attach-target.ts";
import type { Vmlinux } from "../programs/kernel-types.ts";

export interface LoadOptions {
  /** The running kernel's types; asked for only if a program needs them. */
  readonly vmlinux: Vmlinux;
  /** CO-RE relocations are resolved against these types instead, for kernels that do not tell theirs. */
  readonly coreTypes?: Btf;
  /** Programs whose functions are replaced or traced, by the name of the program that does so. */
  readonly targetPrograms?: Readonly<Record<string, TargetProgram>>;
  /**
   * Maps that exist already, by the name of the object's map that each stands for. They must fit; their types are
   * asked of the kernel, which takes CAP_SYS_ADMIN, unless they are known.
   */
  readonly maps?: Readonly<Record<string, { readonly fd: number; readonly types?: MapTypesText }>>;
  /** The folder for maps that the object wants pinned by name; /sys/fs/bpf if absent. */
  readonly pinRoot?: string;
  /** Bits of BPF_LOG_LEVEL (1 steps, 2 more of them, 4 statistics): programs have the verifier's log then, see Program. */
  readonly logLevel?: number;
  /** A program that cannot be loaded is reported as failed, and the others go on. */
  readonly keepGoing?: boolean;
}
