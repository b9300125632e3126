/** What attaching needs beyond the program and its target. */
import type { IteratorParameters } from "./iterator.ts";
import type { UsdtSpecs } from "./usdt/specs.ts";

export interface AttachOptions {
  /**
   * What the program reads by bpf_get_attach_cookie: of perf events, kprobes, uprobes and multi links from
   * Linux 5.15, of fentry, fexit and LSM from 6.0, of raw and BTF tracepoints from 6.10.
   */
  readonly cookie?: bigint;
  /** Only in this process: uprobes and usdt. */
  readonly pid?: number;
  /** Of a uprobe: where in the file the counter is that the kernel raises while the probe is there. */
  readonly refCounterOffset?: number;
  /** Of multi links: these functions instead of those that match the target's pattern. */
  readonly functions?: readonly MultiFunction[];
  /** What an iterator goes over. */
  readonly iterator?: IteratorParameters;
  /** Of cgroup LSM: the folder of the control group. */
  readonly cgroup?: string;
  /**
   * Of tc where the kernel has no TCX (before 6.6): which filter it is, in the place of one that has this handle.
   * The kernel chooses if absent.
   */
  readonly filterHandle?: number;
  /** The table that programs using libbpf's usdt.bpf.h look arguments up in, see usdtSpecs. */
  readonly usdt?: UsdtSpecs;
  /** Of freplace, fentry and fexit: another program's function than the one it was loaded for. */
  readonly into?: { readonly programFd: number; readonly functionTypeId: number };
}

/** One of many functions. */
export interface MultiFunction {
  /** A kernel function by name or address; a function of the file by name, or by its offset in the file. */
  readonly at: string | bigint;
  readonly cookie?: bigint;
  /** Of uprobes, as {@link AttachOptions.refCounterOffset}. */
  readonly refCounterOffset?: number;
}
