/** For tests of links: programs that count how often they run for one process. */
import { type Instruction, alu64Imm, callHelper, helperId, jumpIfImm, load } from "@sonde/bpf/asm";
import type { ProgramType } from "@sonde/bpf/spec";
import type { Kernel } from "../../sys/index.ts";
import { CountingProgram } from "./counting-program.ts";

export interface CounterRequest {
  readonly type: ProgramType;
  /** Count only what this process does; every process unless given. */
  readonly pid?: number;
  /** Count only where the u64 at an offset of the context has this value. */
  readonly where?: { readonly offset: number; readonly equals: number };
  readonly expectedAttachType?: number;
  readonly attachBtfId?: number;
}

export class EventCounter extends CountingProgram {
  constructor(kernel: Kernel, { pid, where, ...request }: CounterRequest) {
    const only: Instruction[] = [];
    if (where !== undefined) only.push(load(8, 1, 6, where.offset), jumpIfImm("JNE", 64, 1, where.equals, "out"));
    if (pid !== undefined) {
      only.push(
        callHelper(helperId("get_current_pid_tgid")),
        alu64Imm("RSH", 0, 32),
        jumpIfImm("JNE", 64, 0, pid, "out"),
      );
    }
    super(kernel, { ...request, only });
  }
}
