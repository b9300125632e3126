/**
 * What kernel tests may need of a kernel, and when it is right that a kernel lacks it: it is older
 * than the feature, or it was built or locked down without it. Anything else that is missing is a
 * fault of ours, so these reasons are looked up apart from the code under test.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { gunzipSync } from "node:zlib";

export type KernelFeature =
  | "tracepoint"
  | "raw_tracepoint"
  | "tp_btf"
  | "perf_event"
  | "uprobe"
  | "iterator"
  | "map_element_iterator"
  | "kprobe"
  | "kretprobe"
  | "kprobe_multi"
  | "kprobe_session"
  | "uprobe_multi"
  | "uprobe_session"
  | "fentry"
  | "fexit"
  | "fmod_ret"
  | "lsm"
  | "tcx"
  | "netkit"
  | "xdp_frags"
  | "netfilter_link"
  | "netfilter_defragment"
  | "sockmap_link"
  | "sk_skb_verdict"
  | "cgroup_unix"
  | "cgroup_order"
  | "lwt_bpf"
  | "seg6_bpf"
  | "tc_action"
  | "sched_ext"
  | "perf_event_link"
  | "attach_cookie"
  | "ringbuf"
  | "batch_lookup"
  | "batch_percpu_array"
  | "bpf_loop"
  | "get_func_ip"
  | "atomics"
  | "task_storage"
  | "timer"
  | "arena"
  | "run_time_stats"
  | "modules"
  | "tracing_cookie"
  | "raw_tracepoint_cookie"
  | "lsm_cgroup"
  | "syscall_program"
  | "struct_ops"
  | "struct_ops_link"
  | "live_frames"
  | "token"
  | "module_functions"
  | "kernel_config"
  | "kernel_variables"
  | "task_iterator_parameters"
  | "callbacks"
  | "lookup_percpu";

/** The first release that serves a feature, such as "5.8", and what else it rests on. */
interface Requirement {
  readonly since: string;
  readonly rests: Rest;
}

type Rest =
  | "nothing"
  | "kprobes"
  | "fprobes"
  | "trampolines"
  | "tracing-policy"
  | "tcx"
  | "netkit"
  | "netfilter-bpf"
  | "lwt-bpf"
  | "seg6-bpf"
  | "act-bpf"
  | "modules"
  | "bpf-lsm"
  | "sched-ext"
  | "all-symbols"
  | "config";

const REQUIREMENTS: Readonly<Record<KernelFeature, Requirement>> = {
  // Attachments.
  tracepoint: { since: "4.7", rests: "nothing" },
  raw_tracepoint: { since: "4.17", rests: "nothing" },
  tp_btf: { since: "5.5", rests: "nothing" },
  perf_event: { since: "4.9", rests: "nothing" },
  uprobe: { since: "4.1", rests: "nothing" },
  iterator: { since: "5.8", rests: "nothing" },
  /** Iterators over the elements of one map. */
  map_element_iterator: { since: "5.8", rests: "tracing-policy" },
  kprobe: { since: "4.1", rests: "kprobes" },
  kretprobe: { since: "4.1", rests: "kprobes" },
  kprobe_multi: { since: "5.18", rests: "fprobes" },
  kprobe_session: { since: "6.10", rests: "fprobes" },
  uprobe_multi: { since: "6.6", rests: "nothing" },
  uprobe_session: { since: "6.13", rests: "nothing" },
  fentry: { since: "5.5", rests: "trampolines" },
  fexit: { since: "5.5", rests: "trampolines" },
  fmod_ret: { since: "5.7", rests: "trampolines" },
  lsm: { since: "5.7", rests: "bpf-lsm" },
  tcx: { since: "6.6", rests: "tcx" },
  netkit: { since: "6.7", rests: "netkit" },
  /** XDP programs for packets of several pages, and veth that has such. */
  xdp_frags: { since: "5.18", rests: "nothing" },
  netfilter_link: { since: "6.4", rests: "netfilter-bpf" },
  netfilter_defragment: { since: "6.6", rests: "netfilter-bpf" },
  sockmap_link: { since: "6.10", rests: "nothing" },
  /** A verdict on what a socket receives without a parser before it. */
  sk_skb_verdict: { since: "5.13", rests: "nothing" },
  /** Attach types of Unix sockets. */
  cgroup_unix: { since: "6.7", rests: "nothing" },
  /** Programs of a cgroup before and after one another. */
  cgroup_order: { since: "6.17", rests: "nothing" },
  /** Programs of routes. */
  lwt_bpf: { since: "4.10", rests: "lwt-bpf" },
  seg6_bpf: { since: "4.18", rests: "seg6-bpf" },
  /** Traffic control's action bpf, and a filter that hands it every packet. */
  tc_action: { since: "4.8", rests: "act-bpf" },
  sched_ext: { since: "6.12", rests: "sched-ext" },
  /** A BPF link for tracepoints, kprobes, uprobes and perf events, so that they can be pinned. */
  perf_event_link: { since: "5.15", rests: "nothing" },
  /** A value given at attach time that the program reads (bpf_get_attach_cookie). */
  attach_cookie: { since: "5.15", rests: "nothing" },
  // Maps and helpers.
  ringbuf: { since: "5.8", rests: "nothing" },
  batch_lookup: { since: "5.6", rests: "nothing" },
  /** Batch commands for per-CPU arrays. */
  batch_percpu_array: { since: "5.13", rests: "nothing" },
  bpf_loop: { since: "5.17", rests: "nothing" },
  get_func_ip: { since: "5.15", rests: "nothing" },
  /** BPF_ATOMIC with fetch, exchange and compare-exchange. */
  atomics: { since: "5.12", rests: "nothing" },
  task_storage: { since: "5.11", rests: "nothing" },
  timer: { since: "5.15", rests: "nothing" },
  arena: { since: "6.9", rests: "nothing" },
  /** bpf_enable_stats(BPF_STATS_RUN_TIME). */
  run_time_stats: { since: "5.8", rests: "nothing" },
  modules: { since: "2.6", rests: "modules" },
  /** Cookies of fentry, fexit, fmod_ret and LSM. */
  tracing_cookie: { since: "6.0", rests: "trampolines" },
  /** Cookies of raw and BTF tracepoints. */
  raw_tracepoint_cookie: { since: "6.10", rests: "nothing" },
  lsm_cgroup: { since: "6.0", rests: "bpf-lsm" },
  syscall_program: { since: "5.14", rests: "nothing" },
  struct_ops: { since: "5.6", rests: "nothing" },
  struct_ops_link: { since: "6.4", rests: "nothing" },
  /** XDP test runs whose packets go where the program sends them. */
  live_frames: { since: "5.18", rests: "nothing" },
  /** Iterators over the tasks of one process, or one task. */
  task_iterator_parameters: { since: "6.1", rests: "nothing" },
  /** Functions of modules that programs call: of connection tracking, for XDP. */
  module_functions: { since: "5.18", rests: "modules" },
  token: { since: "6.9", rests: "nothing" },
  /** What it was built with, told by /proc/config.gz or a file in /boot. */
  kernel_config: { since: "5.10", rests: "config" },
  /** Variables of the kernel, whose addresses kallsyms must have. */
  kernel_variables: { since: "5.11", rests: "all-symbols" },
  /** bpf_for_each_map_elem. */
  callbacks: { since: "5.13", rests: "nothing" },
  /** bpf_map_lookup_percpu_elem. */
  lookup_percpu: { since: "5.19", rests: "nothing" },
};

/** What can be seen of a kernel without loading anything into it. */
export interface KernelFacts {
  /** As uname -r says it. */
  readonly release: string;
  /** Whether it was built with this option ("CONFIG_X"); undefined when its configuration cannot be read. */
  config(option: string): boolean | undefined;
  /** Whether it refuses even root to look at its function tracing, as a locked-down kernel does. */
  functionTracingRefused(): boolean;
  /** Whether `bpf` is among its active security modules. */
  bpfLsmActive(): boolean;
  /** Whether a function of this name is part of it. */
  hasFunction(name: string): boolean;
}

/**
 * Why this kernel rightly lacks a feature, or undefined when it ought to have it.
 * The text reads "unsupported feature kprobe: needs CONFIG_KPROBES, which is not set; this is 6.18.0".
 */
export function reasonToLack(feature: KernelFeature, kernel: KernelFacts): string | undefined {
  const { since, rests } = REQUIREMENTS[feature];
  const lacking = isOlder(kernel, since) ? `Linux ${since}` : missingRest(rests, kernel);
  return lacking === undefined
    ? undefined
    : `unsupported feature ${feature}: needs ${lacking}; this is ${kernel.release}`;
}

/** Whether a kernel is older than a release written "5.8". */
export function isOlder(kernel: KernelFacts, since: string): boolean {
  return versionNumber(kernel.release) < versionNumber(since);
}

/** Releases as numbers that compare as they should: "5.10.0-46-cloud" as 5010. */
function versionNumber(name: string): number {
  const [major = "0", minor = "0"] = name.split(".");
  return Number.parseInt(major, 10) * 1000 + Number.parseInt(minor, 10);
}

const OPTION_OF: Partial<Record<Rest, string>> = {
  kprobes: "CONFIG_KPROBES",
  fprobes: "CONFIG_FPROBE",
  trampolines: "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
  tcx: "CONFIG_NET_XGRESS",
  netkit: "CONFIG_NETKIT",
  "netfilter-bpf": "CONFIG_NETFILTER_BPF_LINK",
  "lwt-bpf": "CONFIG_LWTUNNEL_BPF",
  "seg6-bpf": "CONFIG_IPV6_SEG6_BPF",
  "act-bpf": "CONFIG_NET_ACT_BPF",
  modules: "CONFIG_MODULES",
  "bpf-lsm": "CONFIG_BPF_LSM",
  "sched-ext": "CONFIG_SCHED_CLASS_EXT",
  "all-symbols": "CONFIG_KALLSYMS_ALL",
};

function missingRest(rest: Rest, kernel: KernelFacts): string | undefined {
  const option = OPTION_OF[rest];
  if (option !== undefined && kernel.config(option) === false) return `${option}, which is not set`;
  // Debian's 6.1 was built without, and its guests have no configuration to read.
  if (rest === "fprobes" && !kernel.hasFunction("register_fprobe")) return "CONFIG_FPROBE, which is not set";
  if (rest === "config" && kernel.config("CONFIG_BPF") === undefined)
    return "its configuration, which neither /proc nor /boot tells";
  if (rest === "trampolines" || rest === "bpf-lsm" || rest === "tracing-policy") {
    // The same policy refuses them all, with EPERM and an empty verifier log.
    if (kernel.functionTracingRefused()) return "function tracing, which is refused to root";
  }
  if (rest === "bpf-lsm" && !kernel.bpfLsmActive()) return "bpf among the active security modules";
  return undefined;
}

/** The facts of the kernel that runs; each is read when first asked for. */
export function runningKernel(): KernelFacts {
  const name = release();
  let options: ReadonlySet<string> | undefined | null = null;
  return {
    release: name,
    config(option) {
      if (options === null) options = readConfig(name);
      return options?.has(option);
    },
    functionTracingRefused() {
      try {
        closeSync(openSync("/sys/kernel/tracing/available_filter_functions", "r"));
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
      }
    },
    bpfLsmActive() {
      // Unreadable means securityfs is not mounted: then the test itself shall find out.
      const active = tryRead("/sys/kernel/security/lsm");
      return active === undefined || active.toString().trim().split(",").includes("bpf");
    },
    hasFunction: (function_) => tryRead("/proc/kallsyms")?.includes(` ${function_}\n`) === true,
  };
}

/** The options that are set (=y or =m), from the kernel itself or from /boot. */
function readConfig(name: string): ReadonlySet<string> | undefined {
  const compressed = tryRead("/proc/config.gz");
  const text = compressed === undefined ? tryRead(`/boot/config-${name}`) : gunzipSync(compressed);
  if (text === undefined) return undefined;
  const set = text.toString().matchAll(/^(CONFIG_\w+)=[ym]$/gm);
  return new Set(Array.from(set, (match) => match[1] ?? ""));
}

function tryRead(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
