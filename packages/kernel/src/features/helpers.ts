/**
 * Helpers, by calling each with registers that hold nothing. The verifier looks the helper up before
 * it looks at the arguments, so any complaint but "no such helper" says that there is one.
 */
import { HELPERS, type HelperName, callHelper, exit, helperId, helperSince } from "@sonde/bpf/asm";
import { type Kernel, ProgramTypeId } from "../sys/index.ts";
import { type Feature, type ProbeContext, type Verdict, YES, no } from "./feature.ts";
import { type ProgramTypeName, plainProgram } from "./program-types.ts";
import { type TrialRequest, loads, tryProgram } from "./trial.ts";

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

const NETWORK: readonly HelperName[] = [
  "redirect_peer",
  "redirect_neigh",
  "fib_lookup",
  "sk_lookup_tcp",
  "skb_ecn_set_ce",
  "check_mtu",
];

export function helperFeatures(): readonly Feature[] {
  return [
    ...TRACING.map((name) => helperFeature(name, ProgramTypeId.kprobe)),
    ...NETWORK.map((name) => helperFeature(name, ProgramTypeId.sched_cls)),
  ];
}

function helperFeature(name: HelperName, type: number): Feature {
  return { name, since: helperSince(name), probe: (context) => helper(context, name, type) };
}

/** Loading a program that calls these warns in the kernel's log, so they are not tried: every tracing program has them. */
const WARNING: readonly HelperName[] = ["trace_printk", "trace_vprintk", "probe_write_user"];

/**
 * All helpers that programs of a type can call, some 200 trials. Undefined for types whose programs are
 * checked against what they stand for (ext, struct_ops), and where this kernel loads none of the type.
 */
export function helpersOf(context: ProbeContext, type: ProgramTypeName): readonly HelperName[] | undefined {
  const request = plainProgram(context, type);
  if (request === undefined || !loads(context.kernel, request).supported) return undefined;
  const names = Object.keys(HELPERS) as HelperName[];
  return names.filter((name) => !WARNING.includes(name) && callable(context.kernel, name, request).supported);
}

/** Whether programs of this type can call the helper. */
export function helper(
  { kernel }: Pick<ProbeContext, "kernel">,
  name: HelperName,
  type: number = ProgramTypeId.kprobe,
): Verdict {
  return callable(kernel, name, { type });
}

function callable(kernel: Kernel, name: HelperName, request: TrialRequest): Verdict {
  const trial = tryProgram(kernel, { ...request, instructions: [callHelper(helperId(name)), exit()] });
  trial.program?.close();
  const line = /^.*(?:invalid func|unknown func|cannot use helper|not supported).*$/m.exec(trial.log);
  if (line !== null) return no(line[0].trim());
  if (trial.program === undefined && trial.log === "") return no("the kernel loads no program of this type");
  return YES;
}
