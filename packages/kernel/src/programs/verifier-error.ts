/** A program that the verifier refused, told by its source. */
import type { SourcePosition } from "@sonde/bpf/asm";
import { KernelError } from "../sys/errors.ts";

export interface VerifierErrorDetails {
  /** "program 'sched_switch' (tracepoint:sched:sched_switch)". */
  readonly subject: string;
  readonly errno: number;
  readonly reason: string;
  readonly source: SourcePosition | undefined;
  readonly log: string;
}

export class VerifierError extends KernelError {
  override readonly name: string = "VerifierError";
  /** The verifier's reason, without the path that led to it. */
  readonly reason: string;
  /** The source of the instruction concerned, where it has one. */
  readonly source: SourcePosition | undefined;
  /** All that the verifier wrote. */
  readonly log: string;

  constructor(details: VerifierErrorDetails) {
    const { subject, errno, reason, source, log } = details;
    const where =
      source === undefined ? "" : `\n  at ${source.file}:${source.line}:${source.column}: ${source.text.trim()}`;
    super(
      { call: "BPF_PROG_LOAD", subject, errno, kernelText: log },
      `the kernel's verifier refused ${subject}: ${reason}${where}`,
    );
    this.reason = reason;
    this.source = source;
    this.log = log;
  }
}
