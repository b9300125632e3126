/** What programs cost while they run: differences of the kernel's run times and counts. */
import { enableStatistics } from "../sys/bpf/program-commands.ts";
import type { FileDescriptor } from "../sys/file-descriptor.ts";
import type { Kernel } from "../sys/kernel.ts";
import type { ProgramInfo } from "./program-info.ts";

export interface Cost {
  /** Runs a second, on all CPUs. */
  readonly eventsPerSecond: number;
  /** Mean of one run, the 60 to 85 ns that counting itself costs included; undefined if it did not run. */
  readonly nanosecondsPerEvent: number | undefined;
  /** Share of one CPU's time: 1 is all of one CPU. */
  readonly cpu: number;
}

interface Sample {
  readonly at: bigint;
  readonly programs: ReadonlyMap<number, { readonly runs: bigint; readonly nanoseconds: bigint }>;
}

/** Counts for as long as it is open, which makes every run of every program some 80 ns longer. */
export class CostMeter {
  readonly #statistics: FileDescriptor;
  #last: Sample | undefined;

  /** Errors: KernelError: EPERM without CAP_SYS_ADMIN, EINVAL before Linux 5.8. */
  constructor(kernel: Kernel) {
    this.#statistics = enableStatistics(kernel);
  }

  /** Costs by program id since the last call; of programs that were not there then nothing is known. */
  measure(programs: readonly ProgramInfo[], now: bigint = process.hrtime.bigint()): ReadonlyMap<number, Cost> {
    const last = this.#last;
    this.#last = { at: now, programs: new Map(programs.map((program) => [program.id, program])) };
    const costs = new Map<number, Cost>();
    if (last === undefined || now <= last.at) return costs;
    const elapsed = Number(now - last.at);
    for (const { id, runs, nanoseconds } of programs) {
      const before = last.programs.get(id);
      if (before === undefined) continue;
      const events = Number(runs - before.runs);
      const spent = Number(nanoseconds - before.nanoseconds);
      costs.set(id, {
        eventsPerSecond: (events * 1e9) / elapsed,
        nanosecondsPerEvent: events === 0 ? undefined : spent / events,
        cpu: spent / elapsed,
      });
    }
    return costs;
  }

  close(): void {
    this.#statistics.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
