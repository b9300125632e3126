/** Loading tiny programs to see what the kernel says. */
import { type Instruction, encode, exit, layout, mov64Imm } from "@sonde/bpf/asm";
import {
  BpfCommand,
  Errno,
  FileDescriptor,
  type Kernel,
  Memory,
  type ProgramLoadRequest,
  UnsupportedFeatureError,
  errnoName,
  programLoadAttr,
} from "../sys/index.ts";
import { type Verdict, YES, no } from "./feature.ts";

export interface Trial {
  /** The program, if the kernel took it. */
  readonly program: FileDescriptor | undefined;
  /** 0 when it was taken. */
  readonly errno: number;
  /** What the verifier wrote. */
  readonly log: string;
}

export interface TrialRequest extends Partial<Omit<ProgramLoadRequest, "instructions">> {
  readonly type: number;
  /** `return 0` unless given. */
  readonly instructions?: readonly Instruction[];
}

const LOG_SIZE = 8192;

/** Offers the program to the verifier. The caller closes it. */
export function tryProgram(kernel: Kernel, request: TrialRequest): Trial {
  const { instructions = returnZero(), ...rest } = request;
  const buffer = new Memory(kernel, LOG_SIZE);
  const code = encode(layout(instructions), { map: noMaps });
  const attr = programLoadAttr(kernel.attr(0), {
    license: "GPL",
    name: "sonde_trial",
    ...rest,
    instructions: code,
    log: { level: 1, buffer },
  });
  const result = kernel.bpf(BpfCommand.PROG_LOAD, attr);
  const end = buffer.bytes.indexOf(0);
  return {
    program: result < 0 ? undefined : new FileDescriptor(result),
    errno: result < 0 ? -result : 0,
    log: Buffer.from(buffer.bytes.subarray(0, end)).toString("latin1"),
  };
}

/** Whether the kernel takes the program; the note says what it answered else. */
export function loads(kernel: Kernel, request: TrialRequest): Verdict {
  const trial = tryProgram(kernel, request);
  if (trial.program === undefined) return refusal(trial);
  trial.program.close();
  return YES;
}

/** Whether the kernel takes the program and attaches it. */
export function attaches(
  kernel: Kernel,
  request: TrialRequest,
  attach: (program: FileDescriptor) => Disposable,
): Verdict {
  const { program, ...trial } = tryProgram(kernel, request);
  if (program === undefined) return refusal(trial);
  try {
    attach(program)[Symbol.dispose]();
    return YES;
  } catch (error) {
    return no(reasonOf(error));
  } finally {
    program.close();
  }
}

/** The first sentence of an error: advice is for the one who attached it, not for a table. */
export function reasonOf(error: unknown): string {
  if (error instanceof UnsupportedFeatureError) return error.reason;
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
}

export function returnZero(): Instruction[] {
  return [mov64Imm(0, 0), exit()];
}

function refusal(trial: { errno: number; log: string }): Verdict {
  const complaint = trial.log.trim().split("\n", 1)[0] ?? "";
  if (complaint !== "") return no(complaint);
  const privileged = trial.errno === Errno.EPERM ? ", without a reason from the verifier" : "";
  return no(`BPF_PROG_LOAD: ${errnoName(trial.errno)}${privileged}`);
}

function noMaps(name: string): never {
  throw new Error(`a trial program has no map '${name}'`);
}
