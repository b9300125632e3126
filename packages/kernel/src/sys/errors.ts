/** Errors of this package: a system call that failed, and a feature that the running kernel lacks. */
import { errnoName, errnoText } from "./errno.ts";
import { hint } from "./hints.ts";

export interface KernelErrorDetails {
  /** The call or bpf(2) command: "BPF_MAP_CREATE", "perf_event_open". */
  readonly call: string;
  /** What it was done on, as a person knows it: "map 'start' (hash)". */
  readonly subject: string;
  readonly errno: number;
  /** What the kernel wrote about it, such as the verifier's log. */
  readonly kernelText?: string;
  /** What to do about it; found by call and errno unless given. */
  readonly advice?: string | undefined;
}

/** A system call that the kernel refused. */
export class KernelError extends Error {
  override readonly name: string = "KernelError";
  readonly call: string;
  readonly subject: string;
  readonly errno: number;
  /** The errno's name: "EPERM". */
  readonly code: string;
  readonly kernelText: string;
  readonly advice: string | undefined;

  /** `summary` replaces the message made of call, subject and errno, where more is known; general advice is left out then. */
  constructor(details: KernelErrorDetails, summary?: string) {
    const code = errnoName(details.errno);
    const advice = details.advice ?? (summary === undefined ? hint(details.call, code) : undefined);
    const answer = summary ?? `${details.call} on ${details.subject} failed: ${errnoText(details.errno)} (${code})`;
    super(advice === undefined ? answer : `${answer}\n${advice}`);
    this.call = details.call;
    this.subject = details.subject;
    this.errno = details.errno;
    this.code = code;
    this.kernelText = details.kernelText ?? "";
    this.advice = advice;
  }
}

/** A {@link KernelError} from its parts; `errno` is positive. */
export function kernelError(call: string, subject: string, errno: number): KernelError {
  return new KernelError({ call, subject, errno });
}

/** The result of a raw call, if it is one; else throws a {@link KernelError}. */
export function checked(result: number, call: string, subject: string): number {
  if (result < 0) throw kernelError(call, subject, -result);
  return result;
}

/**
 * The running kernel cannot do what was asked. Tests may skip by this error only, and such a skip is
 * a failure where the kernel is at least `since`.
 */
export class UnsupportedFeatureError extends Error {
  override readonly name: string = "UnsupportedFeatureError";
  /** "fentry", "BPF ring buffer". */
  readonly feature: string;
  /** The first Linux version that has it, "5.8"; undefined where a version alone does not decide. */
  readonly since: string | undefined;
  /** Why not here: what was tried and what the kernel answered. */
  readonly reason: string;

  constructor(feature: string, since: string | undefined, reason: string, options?: ErrorOptions) {
    super(
      `this kernel does not support ${feature}${since === undefined ? "" : ` (Linux ${since} or later does)`}: ${reason}`,
      options,
    );
    this.feature = feature;
    this.since = since;
    this.reason = reason;
  }
}
