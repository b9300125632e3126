/** What expansion makes of attach points, before types are known. */
import type { AttachTarget } from "@sonde/bpf/spec";
import type { AttachPoint, Probe, Provider } from "../../ast.ts";
import type { ArgumentSource, ProbeVariant } from "../../types.ts";
import type { Diagnostics } from "../../../diagnostics/index.ts";
import type { Target } from "@sonde/bpf/spec";
import type { Settings } from "../config.ts";
import type { CheckOptions } from "../program.ts";
import type { ProgramTypes, TracedProgram } from "../program-types.ts";
import type { Uses } from "./uses.ts";

/** Attach points of one probe that share a program. */
export interface Draft {
  readonly probe: Probe;
  /** As written: what rules hold for builtins. */
  readonly provider: Provider;
  readonly programType: ProbeVariant["programType"];
  readonly attach: readonly AttachTarget[];
  readonly title: string;
  readonly arguments: ArgumentSource;
  readonly user: boolean;
  /** Whose types the handler means by names. */
  readonly program?: TracedProgram;
}

/** One attach point expanded; those with equal `signature` and program type can share a program. */
export interface Expanded extends Draft {
  readonly signature: string;
}

/** What expanding one attach point needs. */
export interface Expansion {
  readonly probe: Probe;
  readonly point: AttachPoint;
  /** The parts after the provider, positional parameters put in. */
  readonly parts: readonly string[];
  readonly uses: Uses;
  readonly target: Target;
  /** Undefined where nothing is known of the system, and so of its programs. */
  readonly programTypes: ProgramTypes | undefined;
  readonly settings: Settings;
  readonly options: CheckOptions;
  readonly diagnostics: Diagnostics;
  /** Names to be near to, by pattern, as far as they were needed. */
  readonly candidates: Map<string, readonly string[]>;
  /** Remarks for -v. */
  readonly remarks: string[];
}

export const NO_ARGUMENTS: ArgumentSource = { kind: "none" };
