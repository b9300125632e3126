/** The records of tracepoints, by BTF. */
import type { Btf, TypeId } from "@sonde/bpf/btf";
import { RECORD_CLASSES } from "./records-data.ts";

/** `struct trace_event_raw_CLASS` of an event; undefined if the kernel has no such tracepoint. */
export function recordStruct(btf: Btf, event: string): TypeId | undefined {
  if (!/^\w+$/.test(event)) return undefined;
  const own = btf.find(`trace_event_raw_${event}`, "struct")[0];
  if (own !== undefined) return own;
  const [, shared] = new RegExp(`^(\\w+):.* ${event}(?: |$)`, "m").exec(RECORD_CLASSES) ?? [];
  return shared === undefined ? undefined : btf.find(`trace_event_raw_${shared}`, "struct")[0];
}

/**
 * Records that other kernels have under another name: they are named for the class that an event belongs to, and
 * events have changed their class. Sources: include/trace/events/{block,sched,tcp}.h.
 */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  // An event of its own until block_rq_error came beside it (5.18).
  trace_event_raw_block_rq_completion: "trace_event_raw_block_rq_complete",
  // Of the class of tcp_send_reset until each got fields of its own.
  trace_event_raw_tcp_retransmit_skb: "trace_event_raw_tcp_event_sk_skb",
  // Got a field of its own, whether the process is gone with the thread (6.16).
  trace_event_raw_sched_process_exit: "trace_event_raw_sched_process_template",
};

/** What other kernels call a record, either way round. */
export function otherRecordName(name: string): string | undefined {
  return OTHER_NAMES[name] ?? Object.entries(OTHER_NAMES).find(([, other]) => other === name)?.[0];
}
