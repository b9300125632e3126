/**
 * The object that remembers processes: name and cgroup by process id, kept by the kernel as processes are
 * forked, change their program, or are moved to another cgroup. Nothing is sent: whoever needs a name looks
 * it up. The map forgets those that were used least lately, so a name outlives its process by far.
 *
 *     u32 tgid -> char comm[16]   u64 id of the cgroup
 */
import type { MapSpec, ObjectSpec } from "@sonde/bpf/spec";
import { tracepointObject } from "@sonde/runtime/tracepoints";

export const PROCESS = { comm: 0, commSize: 16, cgroup: 16, size: 24 } as const;
const MOST_PROCESSES = 65_536;

const PROCESSES: MapSpec = {
  name: "processes",
  type: "lru_hash",
  keySize: 4,
  valueSize: PROCESS.size,
  maxEntries: MOST_PROCESSES,
  flags: 0,
  keyTypeId: 0,
  valueTypeId: 0,
};

/** Byte offsets in task_struct, and from there to the cgroup's id. */
export interface ProcessLayout {
  readonly tgid: number;
  readonly pid: number;
  readonly comm: number;
  readonly toCgroupId: readonly number[];
}

export function processObject(layout: ProcessLayout): ObjectSpec {
  return tracepointObject("processes", [PROCESSES], {
    sched_process_exec: rememberCode(0, layout),
    sched_process_fork: rememberCode(1, layout),
    // (struct cgroup *, const char *path, struct task_struct *, bool threadgroup)
    cgroup_attach_task: rememberCode(2, layout),
  });
}

/** @param task which of the tracepoint's arguments the process's main thread is; other threads are passed over */
function rememberCode(task: number, { tgid, pid, comm, toCgroupId }: ProcessLayout): string {
  return `
        r6 = *(u64 *)(r1 + ${8 * task})
        r1 = *(u32 *)(r6 + ${tgid})
        r2 = *(u32 *)(r6 + ${pid})
        if r1 != r2 goto out
        *(u32 *)(r10 - 32) = r1
        r3 = r6
        r3 += ${comm}
        r1 = r10
        r1 += -24
        r2 = 16
        call bpf_probe_read_kernel
        r1 = r6
        ${toCgroupId.map((offset) => `r1 = *(u64 *)(r1 + ${offset})`).join("\n")}
        *(u64 *)(r10 - 8) = r1
        r1 = map[processes] ll
        r2 = r10
        r2 += -32
        r3 = r10
        r3 += -24
        r4 = 0
        call bpf_map_update_elem`;
}
