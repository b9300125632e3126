/** A program that the verifier refused, told by its source. */
import type { SourcePosition } from "@sonde/bpf/asm";
import { KernelError } from "../sys/errors.ts";
import { hintFor } from "./verifier/hints.ts";
import type { VerifierLog } from "./verifier/log.ts";
import { lastState, registersInvolved } from "./verifier/registers.ts";
import { describeState } from "./verifier/words.ts";

export interface VerifierErrorDetails {
  /** "program 'sched_switch' (tracepoint:sched:sched_switch)". */
  readonly subject: string;
  readonly errno: number;
  /** Known from elsewhere than the log, such as the field that a CO-RE relocation did not find. */
  readonly reason?: string | undefined;
  readonly source: SourcePosition | undefined;
  readonly log: string;
  readonly verdict: VerifierLog;
}

/** What the verifier knew of a register when it refused the instruction. */
export interface RegisterKnown {
  readonly register: number;
  /** In the verifier's form: "map_value_or_null(id=1,map=m,ks=4,vs=8)". */
  readonly state: string;
  /** In words: "an address in a value (8 bytes) of map 'm', or null". */
  readonly words: string;
}

export class VerifierError extends KernelError {
  override readonly name: string = "VerifierError";
  /** The verifier's reason, without the path that led to it. */
  readonly reason: string;
  /** The source of the instruction concerned, where it has one. */
  readonly source: SourcePosition | undefined;
  /** The registers that the reason is about, as far as the log tells of them. */
  readonly registers: readonly RegisterKnown[];
  /** Which of the common reasons it is: see hintFor. */
  readonly hint: string | undefined;
  /** All that the verifier wrote, read. */
  readonly verdict: VerifierLog;
  /** All that the verifier wrote; of a log beyond 16 MB only the end, or before Linux 6.4 only the reason. */
  readonly log: string;

  constructor(details: VerifierErrorDetails) {
    const { subject, errno, source, log, verdict } = details;
    const reason = details.reason ?? verdict.reason;
    const registers = knownRegisters(verdict);
    const hint = hintFor(reason);
    const lines = [`the kernel's verifier refused ${subject}: ${reason}`];
    if (source !== undefined) lines.push(`  at ${source.file}:${source.line}:${source.column}: ${source.text.trim()}`);
    for (const { register, words } of registers) lines.push(`  r${register} is ${words}`);
    const advice = hint === undefined ? undefined : `${hint.means} ${hint.advice}`;
    super({ call: "BPF_PROG_LOAD", subject, errno, kernelText: log, advice }, lines.join("\n"));
    this.reason = reason;
    this.source = source;
    this.registers = registers;
    this.hint = hint?.id;
    this.verdict = verdict;
    this.log = log;
  }
}

function knownRegisters(verdict: VerifierLog): readonly RegisterKnown[] {
  return registersInvolved(verdict).flatMap((register) => {
    const state = lastState(verdict.path, register);
    return state === undefined ? [] : [{ register, state, words: describeState(state) }];
  });
}
