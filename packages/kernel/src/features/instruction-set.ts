/** Which level of the instruction set the kernel takes, by LLVM's names: -mcpu=v1 to v4. */
import { type Instruction, exit, jumpIfImm, mov64Imm, movSignExtend, withLabel } from "@sonde/bpf/asm";
import { ProgramTypeId } from "../sys/index.ts";
import type { Feature, ProbeContext, Verdict } from "./feature.ts";
import { loads } from "./trial.ts";

export type InstructionSetLevel = 1 | 2 | 3 | 4;

/** What each level brought, and since when. */
const LEVELS = [
  { level: 2, since: "4.14", what: "jumps if less" },
  { level: 3, since: "5.1", what: "jumps by 32 bits" },
  { level: 4, since: "6.6", what: "signed loads, moves and divisions" },
] as const;

export function instructionSetFeatures(): readonly Feature[] {
  return LEVELS.map(({ level, since, what }) => ({
    name: `instruction set v${level}`,
    since,
    probe: (context: ProbeContext): Verdict => {
      const verdict = takes(context, level);
      return verdict.supported ? { supported: true, note: what } : verdict;
    },
  }));
}

/** The highest level that the kernel takes. */
export function instructionSetLevel(context: Pick<ProbeContext, "kernel">): InstructionSetLevel {
  let highest: InstructionSetLevel = 1;
  for (const { level } of LEVELS) {
    if (!takes(context, level).supported) break;
    highest = level;
  }
  return highest;
}

function takes({ kernel }: Pick<ProbeContext, "kernel">, level: 2 | 3 | 4): Verdict {
  return loads(kernel, { type: ProgramTypeId.socket_filter, instructions: sample(level) });
}

function sample(level: 2 | 3 | 4): Instruction[] {
  const end = withLabel(exit(), "end");
  switch (level) {
    case 2:
      return [mov64Imm(0, 1), jumpIfImm("JLT", 64, 0, 2, "end"), end];
    case 3:
      return [mov64Imm(0, 1), jumpIfImm("JLT", 32, 0, 2, "end"), end];
    case 4:
      return [mov64Imm(1, 255), movSignExtend(64, 0, 1, 8), end];
  }
}
