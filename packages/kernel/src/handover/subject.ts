/** What the kernel runs at a place: a program, or a struct_ops map with its functions. */
import type { StructOpsRegistration } from "../collection/register-struct-ops.ts";
import type { BpfMap } from "../maps/map.ts";
import type { Program, ProgramStatistics } from "../programs/program.ts";

export interface HookSubject {
  readonly fd: number;
  statistics(): ProgramStatistics;
  /** Makes it ready to be put in another one's place. */
  prepare?(): void;
}

export type StructOpsSubject = HookSubject & Pick<StructOpsRegistration, "prepare" | "register">;

/** @param programs those that the map names */
export function structOpsSubject(registration: StructOpsRegistration, programs: readonly Program[]): StructOpsSubject {
  return {
    fd: registration.fd,
    prepare: () => registration.prepare(),
    register: () => registration.register(),
    statistics() {
      const sum = { nanoseconds: 0, runs: 0, recursionMisses: 0 };
      for (const program of programs) {
        const { nanoseconds, runs, recursionMisses } = program.statistics();
        sum.nanoseconds += nanoseconds;
        sum.runs += runs;
        sum.recursionMisses += recursionMisses;
      }
      return sum;
    },
  };
}

/** One that another process left in force. Which programs it names the kernel does not say. */
export function leftStructOps(map: BpfMap): HookSubject {
  return { fd: map.fd, statistics: () => ({ nanoseconds: 0, runs: 0, recursionMisses: 0 }) };
}
