/**
 * What the kernel asks of whoever loads and attaches a program, by its type: is_perfmon_prog_type() and
 * is_net_admin_prog_type() of kernel/bpf/syscall.c, and for cgroup_skb what attaching asks. CAP_SYS_ADMIN
 * stands for each of them.
 */
import type { ProgramType } from "@sonde/bpf/spec";

export type ProgramCapability = "bpf" | "perfmon" | "net_admin";

const PERFMON: ReadonlySet<ProgramType> = new Set([
  "kprobe",
  "tracepoint",
  "perf_event",
  "raw_tracepoint",
  "raw_tracepoint_writable",
  "tracing",
  "lsm",
  "struct_ops",
  "ext",
]);

const NET_ADMIN: ReadonlySet<ProgramType> = new Set([
  "sched_cls",
  "sched_act",
  "xdp",
  "cgroup_skb",
  "cgroup_sock",
  "cgroup_device",
  "cgroup_sock_addr",
  "cgroup_sockopt",
  "cgroup_sysctl",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "lwt_seg6local",
  "sock_ops",
  "sk_skb",
  "sk_msg",
  "flow_dissector",
  // Until 6.4.
  "lirc_mode2",
  "ext",
  "netfilter",
]);

export function programCapabilities(type: ProgramType): readonly ProgramCapability[] {
  return [
    "bpf",
    ...(PERFMON.has(type) ? ["perfmon" as const] : []),
    ...(NET_ADMIN.has(type) ? ["net_admin" as const] : []),
  ];
}
