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
