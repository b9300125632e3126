/**
 * Programs that look only at some tasks. A few instructions are put before a program's own: they take
 * the current task's process, name or cgroup, and leave at once unless it is one of those asked for. It
 * is the same for every front end's objects, and for programs that are reached by a tail call.
 */
import { assemble, type Instruction } from "@sonde/bpf/asm";
import type { MapSpec, ObjectSpec, ProgramSpec } from "@sonde/bpf/spec";
import { pidNamespace, type PidNamespace } from "@sonde/kernel/sys";

/** All conditions that are given must hold; within one, any of its values. */
export interface TaskFilter {
  /** Process ids (tgid), as the pid namespace of this process has them. */
  readonly pids?: readonly number[];
  /** Names of threads, of 15 bytes at most; longer ones are cut as the kernel cuts them. */
  readonly comms?: readonly string[];
  /** Only tasks in cgroups whose ids are keys of the map {@link ADMITTED}. */
  readonly cgroups?: boolean;
}

/** What the map is called in the filtered object unless told otherwise; who loads it fills it, or puts another in its place. */
export const ADMITTED = "sonde_admitted";
export const ADMITTED_MAP: MapSpec = {
  name: ADMITTED,
  type: "hash",
  keySize: 8,
  valueSize: 4,
  maxEntries: 16_384,
  flags: 0,
  keyTypeId: 0,
  valueTypeId: 0,
};

/** The program has no task to ask about. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

/** Program types that run in the task that they are about. */
const OF_TASKS: ReadonlySet<ProgramSpec["type"]> = new Set([
  "kprobe",
  "tracepoint",
  "raw_tracepoint",
  "raw_tracepoint_writable",
  "perf_event",
  "tracing",
  "lsm",
  "cgroup_sock_addr",
] as const);

/** What a program returns that has nothing to say: programs of control groups allow by 1. */
function neutral({ type, attachType }: ProgramSpec): 0 | 1 {
  return type === "cgroup_sock_addr" || attachType === "lsm_cgroup" ? 1 : 0;
}

/**
 * The same object for those tasks only. Programs that run by hand, by a timer of the session (`interval`),
 * or as iterators are about no task and stay as they are.
 *
 * Errors: FilterError for programs that handle packets, which belong to no task.
 */
export function withTaskFilter(spec: ObjectSpec, filter: TaskFilter, admitted: string = ADMITTED): ObjectSpec {
  const { pids = [], comms = [], cgroups = false } = filter;
  if (pids.length === 0 && comms.length === 0 && !cgroups) return spec;
  const programs = spec.programs.map((program) =>
    isAboutTasks(program) ? filtered(program, filter, admitted) : program,
  );
  return { ...spec, programs, maps: cgroups ? [...spec.maps, { ...ADMITTED_MAP, name: admitted }] : spec.maps };
}

function isAboutTasks({ title, type, attach, attachType, autoload }: ProgramSpec): boolean {
  if (autoload === false || type === "syscall" || type === "struct_ops") return false;
  if (!OF_TASKS.has(type))
    throw new FilterError(
      `${title}: a program of type ${type} handles what belongs to no task, so it cannot be filtered by process, container or pod`,
    );
  if (attachType === "trace_iter") return false;
  const own = ({ kind, ...rest }: ProgramSpec["attach"][number]): boolean =>
    kind === "run" || kind === "iter" || (kind === "perfEvent" && "cpus" in rest && rest.cpus === "one");
  return attach.length === 0 || !attach.every(own);
}

function filtered(program: ProgramSpec, filter: TaskFilter, admitted: string): ProgramSpec {
  const { name, instructions } = program;
  const [first] = instructions;
  if (first === undefined) return program;
  const entry = first.label ?? name;
  const body = `${entry}$body`;
  const own = instructions.map((each, i) => (i === 0 ? { ...each, label: body } : each));
  // Jumps back to the start go to the start of the body, not through the questions again.
  const relabelled = own.map((each): Instruction =>
    each.ref?.kind === "jump" && each.ref.label === entry ? { ...each, ref: { kind: "jump", label: body } } : each,
  );
  const questions = assemble(text(entry, filter, admitted, neutral(program))).map((each) =>
    first.source === undefined ? each : { ...each, source: first.source },
  );
  return { ...program, instructions: [...questions, ...relabelled] };
}

/** The context is kept in r6: nothing of the program's own has run yet, so that register is free, and so is the stack. */
function text(
  entry: string,
  { pids = [], comms = [], cgroups = false }: TaskFilter,
  map: string,
  otherwise: 0 | 1,
): string {
  const refused = `${entry}$refused`;
  const admitted = `${entry}$admitted`;
  return `
    ${entry}:
      r6 = r1
      ${pids.length > 0 ? pidQuestion(pids, `${entry}$pid`, refused) : ""}
      ${comms.length > 0 ? commQuestion(comms, `${entry}$comm`, refused) : ""}
      ${cgroups ? cgroupQuestion(map, refused) : ""}
      goto ${admitted}
    ${refused}:
      r0 = ${otherwise}
      exit
    ${admitted}:
      r1 = r6`;
}

function pidQuestion(pids: readonly number[], admitted: string, refused: string): string {
  return `
      ${processId(pidNamespace(), refused)}
      ${pids.map((pid) => `if r0 == ${pid} goto ${admitted}`).join("\n")}
      goto ${refused}
    ${admitted}:
      r0 = 0`;
}

/** Puts the process's id into r0, as the session's own pid namespace has it; tasks of others have none. */
function processId(namespace: PidNamespace | undefined, refused: string): string {
  if (namespace === undefined)
    return `
      call bpf_get_current_pid_tgid
      r0 >>= 32`;
  // struct bpf_pidns_info: u32 pid, u32 tgid.
  return `
      r1 = ${namespace.device} ll
      r2 = ${namespace.inode} ll
      r3 = r10
      r3 += -8
      r4 = 8
      call bpf_get_ns_current_pid_tgid
      if r0 != 0 goto ${refused}
      r0 = *(u32 *)(r10 - 4)`;
}

/** A name is two words of eight bytes, and is compared as such. Older kernels write no further than its end: the rest must be zero before. */
function commQuestion(comms: readonly string[], admitted: string, refused: string): string {
  const tries = comms.map((comm, i) => {
    const bytes = Buffer.alloc(16);
    bytes.write(comm, 0, 15, "utf8");
    return `
      r3 = 0x${bytes.readBigUInt64LE(0).toString(16)} ll
      if r1 != r3 goto ${admitted}${i}
      r3 = 0x${bytes.readBigUInt64LE(8).toString(16)} ll
      if r2 == r3 goto ${admitted}
    ${admitted}${i}:
      r0 = 0`;
  });
  return `
      r1 = 0
      *(u64 *)(r10 - 16) = r1
      *(u64 *)(r10 - 8) = r1
      r1 = r10
      r1 += -16
      r2 = 16
      call bpf_get_current_comm
      r1 = *(u64 *)(r10 - 16)
      r2 = *(u64 *)(r10 - 8)
      ${tries.join("")}
      goto ${refused}
    ${admitted}:
      r0 = 0`;
}

function cgroupQuestion(map: string, refused: string): string {
  return `
      call bpf_get_current_cgroup_id
      *(u64 *)(r10 - 8) = r0
      r1 = map[${map}] ll
      r2 = r10
      r2 += -8
      call bpf_map_lookup_elem
      if r0 == 0 goto ${refused}`;
}
