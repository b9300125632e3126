/**
 * Structs that other kernels have under another name: records of tracepoints, which are named for the
 * class that an event belongs to, and events have changed their class. An object that was compiled for
 * the one finds the other. Sources: include/trace/events/{block,sched,tcp}.h.
 */
const RENAMED: readonly (readonly string[])[] = [
  // An event of its own until block_rq_error came beside it (5.18).
  ["trace_event_raw_block_rq_completion", "trace_event_raw_block_rq_complete"],
  // Of the class of tcp_send_reset until each got fields of its own.
  ["trace_event_raw_tcp_retransmit_skb", "trace_event_raw_tcp_event_sk_skb"],
  // Got a field of its own, whether the process is gone with the thread (6.16).
  ["trace_event_raw_sched_process_exit", "trace_event_raw_sched_process_template"],
];

/** The other names of a type, most likely first. */
export function otherNames(name: string): readonly string[] {
  return RENAMED.find((names) => names.includes(name))?.filter((other) => other !== name) ?? [];
}
