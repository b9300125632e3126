/** What a process has attached to a perf event, by BPF_TASK_FD_QUERY: the only trace of attachments that are no links. */
import { BpfCommand } from "../sys/constants.ts";
import type { Kernel } from "../sys/kernel.ts";

export interface PerfEventProgram {
  readonly programId: number;
  /** "tracepoint:sched_switch", "kprobe:vfs_read+4". */
  readonly place: string;
}

/** enum bpf_task_fd_type. */
const KINDS = ["rawtracepoint", "tracepoint", "kprobe", "kretprobe", "uprobe", "uretprobe"] as const;
const FIRST_PROBE = 2;
const FIRST_UPROBE = 4;
const NAME_CAPACITY = 4096;

/**
 * Undefined where no program hangs on it, or one of type perf_event, which the kernel does not tell.
 *
 *      0 pid         4 fd        8 flags                12 buf_len
 *     16 buf (u64)  24 prog_id  28 fd_type              32 probe_offset (u64)   40 probe_addr (u64)
 */
export function perfEventProgram(kernel: Kernel, pid: number, fd: number): PerfEventProgram | undefined {
  const attr = kernel.attr(48);
  attr.u32(0, pid);
  attr.u32(4, fd);
  attr.u32(12, NAME_CAPACITY);
  const buffer = attr.output(16, NAME_CAPACITY);
  if (kernel.bpf(BpfCommand.TASK_FD_QUERY, attr) < 0) return undefined;
  const kind = attr.readU32(28);
  const offset = attr.readU64(32);
  const name = Buffer.from(buffer.subarray(0, buffer.indexOf(0))).toString("utf8");
  const where = name === "" ? `0x${attr.readU64(40).toString(16)}` : name;
  const plus =
    kind >= FIRST_UPROBE ? `:0x${offset.toString(16)}` : kind >= FIRST_PROBE && offset !== 0n ? `+${offset}` : "";
  return { programId: attr.readU32(24), place: `${KINDS[kind] ?? "event"}:${where}${plus}` };
}
