/** Where a link is attached, as a person writes it: from what the kernel says about the link alone. */
import type { LinkInfo } from "../links/info.ts";
import { objectInfo } from "../sys/bpf/object-commands.ts";
import { Errno } from "../sys/errno.ts";
import { KernelError } from "../sys/errors.ts";
import type { Kernel } from "../sys/kernel.ts";
import { textAt } from "./struct.ts";

/** Empty where the kernel does not tell (perf events before 6.6; tracing links, whose functions BTF names). */
export function linkPlace(kernel: Kernel, fd: number, info: LinkInfo, subject: string): string {
  switch (info.kind) {
    case "raw_tracepoint":
      return `rawtracepoint:${info.tracepoint}`;
    case "iter":
      return `iter:${info.target}`;
    case "perf_event":
      return perfEventPlace(kernel, fd, subject);
    case "kprobe_multi":
      return `${info.onReturn ? "kretprobe" : "kprobe"}: ${info.count} functions`;
    case "uprobe_multi":
      return `${info.onReturn ? "uretprobe" : "uprobe"}:${info.path}: ${info.count} places`;
    case "cgroup":
      return `cgroup ${info.cgroupId} ${info.attachType ?? ""}`.trimEnd();
    case "netns":
      return `network namespace ${info.inode} ${info.attachType ?? ""}`.trimEnd();
    case "xdp":
      return `interface ${info.interfaceIndex}`;
    case "tcx":
    case "netkit":
      return `interface ${info.interfaceIndex} ${info.attachType ?? ""}`.trimEnd();
    case "struct_ops":
    case "sockmap":
      return `map ${info.mapId}`;
    case "netfilter":
      return `netfilter family ${info.family} hook ${info.hook} priority ${info.priority}`;
    default:
      return "";
  }
}

/** enum bpf_perf_event_type. */
const PerfEvent = { UPROBE: 1, URETPROBE: 2, KPROBE: 3, KRETPROBE: 4, TRACEPOINT: 5, EVENT: 6 } as const;
const NAME_CAPACITY = 4096;

/**
 * Of struct bpf_link_info (6.6):
 *
 *     16 perf event type   24 name (u64)     32 name_len   36 offset      (probes, tracepoints)
 *                          24 config (u64)   32 type                      (events)
 */
function perfEventPlace(kernel: Kernel, fd: number, subject: string): string {
  const type = objectInfo(kernel, fd, 80, subject).getUint32(16, true);
  if (type === 0) return "";
  let name: Uint8Array = new Uint8Array(0);
  let info: DataView;
  try {
    info = objectInfo(kernel, fd, 80, subject, (view, attr) => {
      if (type === PerfEvent.EVENT) return;
      const memory = attr.reserve(NAME_CAPACITY);
      view.setBigUint64(24, BigInt(memory.address), true);
      view.setUint32(32, NAME_CAPACITY, true);
      name = memory.bytes;
    });
  } catch (error) {
    // A uprobe's file may have no path any more.
    if (error instanceof KernelError && error.errno !== Errno.EBADF) return "";
    throw error;
  }
  const text = textAt(new DataView(name.buffer, name.byteOffset, name.length), 0, name.length);
  const offset = info.getUint32(36, true);
  switch (type) {
    case PerfEvent.UPROBE:
    case PerfEvent.URETPROBE:
      return `${type === PerfEvent.UPROBE ? "uprobe" : "uretprobe"}:${text}:0x${offset.toString(16)}`;
    case PerfEvent.KPROBE:
    case PerfEvent.KRETPROBE:
      return `${type === PerfEvent.KPROBE ? "kprobe" : "kretprobe"}:${text}${offset === 0 ? "" : `+${offset}`}`;
    case PerfEvent.TRACEPOINT:
      return `tracepoint:${text}`;
    default:
      return eventName(info.getUint32(32, true), info.getBigUint64(24, true));
  }
}

const SOFTWARE = 1;
/**
 * The clocks have event sources of their own since 6.5, without names. Their numbers are the first that
 * are not fixed, since the kernel registers them first.
 */
const CPU_CLOCK = 6;
const TASK_CLOCK = 7;

/** By enum perf_sw_ids; other events by type and config, as perf_event_attr has them. */
function eventName(type: number, config: bigint): string {
  if (type === CPU_CLOCK) return "perf event cpu-clock";
  if (type === TASK_CLOCK) return "perf event task-clock";
  const name = type === SOFTWARE ? softwareEvents()[Number(config)] : undefined;
  return `perf event ${name ?? `type=${type},config=${config}`}`;
}

function softwareEvents(): readonly string[] {
  return [
    "cpu-clock",
    "task-clock",
    "page-faults",
    "context-switches",
    "cpu-migrations",
    "minor-faults",
    "major-faults",
    "alignment-faults",
    "emulation-faults",
    "dummy",
    "bpf-output",
  ];
}
