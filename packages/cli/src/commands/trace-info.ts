import { release, version } from "node:os";
import { type FeatureRow, probeFeatures } from "@sonde/kernel/features";
import { openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { VERSION } from "../version.ts";

/** Lines of `bpftrace --info` that scripts look for, with the feature that each stands for. */
const LINES: readonly (readonly [section: string, line: string, group: FeatureRow["group"], name: string])[] = [
  ["Kernel helpers", "probe_read", "helper", "probe_read"],
  ["Kernel helpers", "probe_read_str", "helper", "probe_read_str"],
  ["Kernel helpers", "probe_read_user", "helper", "probe_read_user"],
  ["Kernel helpers", "probe_read_user_str", "helper", "probe_read_user_str"],
  ["Kernel helpers", "probe_read_kernel", "helper", "probe_read_kernel"],
  ["Kernel helpers", "probe_read_kernel_str", "helper", "probe_read_kernel_str"],
  ["Kernel helpers", "get_current_cgroup_id", "helper", "get_current_cgroup_id"],
  ["Kernel helpers", "send_signal", "helper", "send_signal"],
  ["Kernel helpers", "override_return", "helper", "override_return"],
  ["Kernel helpers", "get_boot_ns", "helper", "ktime_get_boot_ns"],
  ["Kernel helpers", "get_tai_ns", "helper", "ktime_get_tai_ns"],
  ["Kernel helpers", "get_func_ip", "helper", "get_func_ip"],
  ["Kernel helpers", "jiffies64", "helper", "jiffies64"],
  ["Kernel helpers", "for_each_map_elem", "helper", "for_each_map_elem"],
  ["Kernel helpers", "dpath", "helper", "d_path"],
  ["Kernel helpers", "skboutput", "helper", "skb_output"],
  ["Kernel helpers", "loop", "helper", "loop"],
  ["Map types", "hash", "map type", "hash"],
  ["Map types", "percpu hash", "map type", "percpu_hash"],
  ["Map types", "array", "map type", "array"],
  ["Map types", "percpu array", "map type", "percpu_array"],
  ["Map types", "stack_trace", "map type", "stack_trace"],
  ["Map types", "ringbuf", "map type", "ringbuf"],
  ["Probe types", "kprobe", "attachment", "kprobe"],
  ["Probe types", "tracepoint", "program type", "tracepoint"],
  ["Probe types", "perf_event", "program type", "perf_event"],
  ["Probe types", "fentry", "attachment", "fentry"],
  ["Probe types", "kprobe_multi", "attachment", "kprobe.multi"],
  ["Probe types", "uprobe_multi", "attachment", "uprobe.multi"],
  ["Probe types", "kprobe_session", "attachment", "kprobe.session"],
  ["Probe types", "iter", "attachment", "iterator"],
];

/** `sonde trace --info`: a report that programs read which were written for bpftrace; people have `sonde features`. */
export function info(): number {
  const kernel = openKernel();
  const target = runningTarget({ kernel });
  const rows = probeFeatures({ kernel, btf: () => target.btf });
  const has = (group: FeatureRow["group"], name: string): boolean =>
    rows.some((row) => row.group === group && (row.name === name || row.name.startsWith(`${name} `)) && row.supported);
  const yes = (value: boolean): string => (value ? "yes" : "no");
  const types = target.btf !== undefined;
  const lines = [
    "System",
    `  OS: Linux ${release()} ${version()}`,
    `  Arch: ${target.arch}`,
    "",
    "Build",
    `  version: sonde ${VERSION}`,
    "  LLVM: none",
    "  unsafe probe: no",
    "  bfd: no",
    "  libdw (DWARF support): yes",
    "",
    "Kernel features",
    "  Instruction limit: 1000000",
    "  Loop support: yes",
    `  btf: ${yes(types)}`,
    `  module btf: ${yes(types)}`,
    "  map batch: yes",
    "  uprobe refcount: yes",
  ];
  for (const section of new Set(LINES.map(([name]) => name))) {
    lines.push("", section);
    for (const [name, line, group, feature] of LINES)
      if (name === section) lines.push(`  ${line}: ${yes(has(group, feature))}`);
  }
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}
