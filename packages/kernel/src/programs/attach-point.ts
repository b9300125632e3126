/** What BPF_PROG_LOAD must be told about where a program will be attached. */
import type { AttachTarget, ProgramSpec } from "@sonde/bpf/spec";
import { AttachType } from "../sys/constants.ts";

/** A kernel function or tracepoint that a program is verified against, by its name in BTF. */
export interface BtfTarget {
  readonly name: string;
  readonly kind: "func" | "typedef";
  /** The module whose BTF has it; absent for the kernel itself. */
  readonly module?: string;
}

export interface AttachPoint {
  /** A number of {@link AttachType}; 0 where the program type has no choice. */
  readonly expectedAttachType: number;
  readonly btfTarget?: BtfTarget;
  /** The attach targets that one load serves. */
  readonly targets: readonly AttachTarget[];
}

/**
 * One load serves all targets of a program, except of those that the verifier checks against the
 * target's own prototype (fentry, fexit, tp_btf): they are loaded once for each.
 */
export function attachPoints(spec: ProgramSpec): readonly AttachPoint[] {
  if (spec.type !== "tracing") return [{ expectedAttachType: 0, targets: spec.attach }];
  return spec.attach.map((target) => ({ ...tracingPoint(spec, target), targets: [target] }));
}

function tracingPoint(spec: ProgramSpec, target: AttachTarget): Omit<AttachPoint, "targets"> {
  switch (target.kind) {
    case "btfTracepoint":
      return {
        expectedAttachType: AttachType.TRACE_RAW_TP,
        btfTarget: { name: `btf_trace_${target.name}`, kind: "typedef" },
      };
    case "fentry": {
      const module = target.module === undefined || target.module === "vmlinux" ? {} : { module: target.module };
      return {
        expectedAttachType: target.onReturn ? AttachType.TRACE_FEXIT : AttachType.TRACE_FENTRY,
        btfTarget: { name: target.function, kind: "func", ...module },
      };
    }
    default:
      throw new TypeError(`program '${spec.name}': a tracing program cannot be attached to a ${target.kind}`);
  }
}
