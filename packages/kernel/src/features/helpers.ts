/**
 * Helpers, by calling each with registers that hold nothing. The verifier looks the helper up before
 * it looks at the arguments, so any complaint but "no such helper" says that there is one.
 */
import { type HelperName, callHelper, exit, helperId, helperSince } from "@sonde/bpf/asm";
import { ProgramTypeId } from "../sys/index.ts";
import { type Feature, type ProbeContext, type Verdict, YES, no } from "./feature.ts";
import { tryProgram } from "./trial.ts";

/** Those that tracing programs are made of. Some that warn in the kernel's log when loaded are left out. */
const TRACING: readonly HelperName[] = [
  "probe_read_kernel",
  "probe_read_kernel_str",
  "probe_read_user",
  "probe_read_user_str",
  "get_current_cgroup_id",
  "get_current_ancestor_cgroup_id",
  "get_current_task_btf",
  "get_ns_current_pid_tgid",
  "get_stackid",
  "get_stack",
  "get_func_ip",
  "get_attach_cookie",
  "ktime_get_boot_ns",
  "ktime_get_tai_ns",
  "perf_event_output",
  "ringbuf_output",
  "ringbuf_reserve",
  "user_ringbuf_drain",
  "for_each_map_elem",
  "loop",
  "snprintf",
  "strncmp",
  "map_lookup_percpu_elem",
  "task_storage_get",
  "find_vma",
  "send_signal",
  "override_return",
];

const NETWORK: readonly HelperName[] = ["redirect_peer", "redirect_neigh", "fib_lookup", "sk_lookup_tcp", "skb_ecn_set_ce", "check_mtu"];

export function helperFeatures(): readonly Feature[] {
  return [
    ...TRACING.map((name) => helperFeature(name, ProgramTypeId.kprobe)),
    ...NETWORK.map((name) => helperFeature(name, ProgramTypeId.sched_cls)),
  ];
}

function helperFeature(name: HelperName, type: number): Feature {
  return { name, since: helperSince(name), probe: (context) => helper(context, name, type) };
}

/** Whether programs of this type can call the helper. */
export function helper({ kernel }: Pick<ProbeContext, "kernel">, name: HelperName, type: number = ProgramTypeId.kprobe): Verdict {
  const trial = tryProgram(kernel, { type, instructions: [callHelper(helperId(name)), exit()] });
  trial.program?.close();
  const line = /^.*(?:invalid func|unknown func|cannot use helper|not supported).*$/m.exec(trial.log);
  if (line !== null) return no(line[0].trim());
  if (trial.program === undefined && trial.log === "") return no("the kernel loads no program of this type");
  return YES;
}
