/** What BPF_PROG_LOAD must be told about where a program will be attached. */
import type { AttachTarget, AttachType, ProgramSpec } from "@sonde/bpf/spec";
import { attachTypeId } from "./attach-type.ts";

/** A kernel function, tracepoint or struct that a program is verified against, by its name in BTF. */
export interface BtfTarget {
  readonly name: string;
  readonly kind: "func" | "typedef" | "struct";
  /** The module whose BTF has it; absent for the kernel itself, or any module if the kernel has none of the name. */
  readonly module?: string;
  /** It is a function of another BPF program instead, one that the caller of the loader hands over. */
  readonly ofProgram?: boolean;
  /** It is a function of the loaded BPF program of this id. */
  readonly programId?: number;
}

export interface AttachPoint {
  /** A number of enum bpf_attach_type, in struct_ops programs a member's index; 0 where the program type has no choice. */
  readonly expectedAttachType: number;
  readonly btfTarget?: BtfTarget;
  /** The attach targets that one load serves. */
  readonly targets: readonly AttachTarget[];
}

/**
 * One load serves all targets of a program, except of those that the verifier checks against the
 * target's own prototype (fentry, fexit, tp_btf, LSM, iterators) or loads for one kind of link: there
 * is one load for each.
 *
 * Errors: TypeError for a target that programs of this type cannot have, and for a program that must
 * name its target and does not.
 */
export function attachPoints(spec: ProgramSpec): readonly AttachPoint[] {
  if (spec.attach.length === 0) {
    if (namesTarget(spec)) {
      throw new TypeError(
        `program '${spec.name}' (${spec.title}) does not say what it attaches to, and the verifier must know: set it before loading`,
      );
    }
    return [{ expectedAttachType: idOf(spec.attachType), targets: [] }];
  }
  const points = new Map<string, AttachPoint>();
  for (const target of spec.attach) {
    const point = pointOf(spec, target);
    const key = JSON.stringify(point);
    const known = points.get(key);
    points.set(key, { ...point, targets: [...(known?.targets ?? []), target] });
  }
  return [...points.values()];
}

function namesTarget({ type }: ProgramSpec): boolean {
  return type === "tracing" || type === "lsm" || type === "ext";
}

function pointOf(spec: ProgramSpec, target: AttachTarget): Omit<AttachPoint, "targets"> {
  const { attachType } = spec;
  const found = pointFor(target);
  if (namesTarget(spec) !== (found.btfTarget !== undefined)) {
    throw new TypeError(`program '${spec.name}': a ${spec.type} program cannot be attached to a ${target.kind}`);
  }
  const { btfTarget } = found;
  return { expectedAttachType: idOf(attachType ?? found.attachType), ...(btfTarget && { btfTarget }) };
}

function pointFor(target: AttachTarget): { readonly attachType?: AttachType; readonly btfTarget?: BtfTarget } {
  switch (target.kind) {
    case "btfTracepoint":
      return { attachType: "trace_raw_tp", btfTarget: { name: `btf_trace_${target.name}`, kind: "typedef" } };
    case "fentry":
      return { attachType: target.onReturn ? "trace_fexit" : "trace_fentry", btfTarget: functionOf(target) };
    case "fmodRet":
      return { attachType: "modify_return", btfTarget: functionOf(target) };
    case "lsm":
      return {
        attachType: target.cgroup ? "lsm_cgroup" : "lsm_mac",
        btfTarget: { name: `bpf_lsm_${target.hook}`, kind: "func" },
      };
    case "iter":
      return { attachType: "trace_iter", btfTarget: { name: `bpf_iter_${target.name}`, kind: "func" } };
    case "freplace":
      return { btfTarget: { name: target.function, kind: "func", ofProgram: true } };
    case "kprobeMulti":
      return { attachType: target.on === "session" ? "trace_kprobe_session" : "trace_kprobe_multi" };
    case "uprobeMulti":
      return { attachType: target.on === "session" ? "trace_uprobe_session" : "trace_uprobe_multi" };
    case "xdp":
    case "netfilter":
      return { attachType: target.kind };
    case "cgroup":
    case "netns":
      return { attachType: target.attachType };
    default:
      return {};
  }
}

function functionOf(target: {
  readonly function: string;
  readonly module?: string;
  readonly program?: number;
}): BtfTarget {
  if (target.program !== undefined) return { name: target.function, kind: "func", programId: target.program };
  const module = target.module === undefined || target.module === "vmlinux" ? {} : { module: target.module };
  return { name: target.function, kind: "func", ...module };
}

function idOf(attachType: AttachType | undefined): number {
  return attachType === undefined ? 0 : attachTypeId(attachType);
}
