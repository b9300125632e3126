/**
 * An ObjectSpec is what every front end produces and the loader consumes: programs, maps, types
 * and a manifest, as plain data. It says nothing about the kernel that it will run on.
 */
import type { Instruction } from "../asm/instruction.ts";
import type { AttachType } from "./attach-type.ts";
import type { Manifest } from "./manifest.ts";

export interface ObjectSpec {
  readonly name: string;
  /** Declared to the kernel; "GPL" where helpers that ask for it are used. */
  readonly license: string;
  readonly programs: readonly ProgramSpec[];
  readonly maps: readonly MapSpec[];
  /** The object's own BTF (the `.BTF` section's bytes): what CO-RE relocations, maps and functions refer to. */
  readonly btf: Uint8Array;
  readonly manifest: Manifest;
  /** What the object takes from the kernel by name; empty or absent if nothing. */
  readonly externs?: readonly ExternSpec[];
  /** LINUX_VERSION_CODE of a `version` section, which kprobes asked for before 5.0. */
  readonly version?: number;
  /**
   * Of the machines that it was compiled for; little if absent. It is that of what `data` of maps holds, and
   * of the machines that can load it; all else is told in the same way for both.
   */
  readonly byteOrder?: "little" | "big";
}

/** Something that the object names and the kernel has; found when the object is loaded. */
export type ExternSpec =
  /** A kernel function (`call`, or its address by `lddw`) or variable (`lddw`) that references of kind "ksym" name. */
  | {
      readonly kind: "kfunc" | "ksym";
      readonly name: string;
      /** In the object's BTF: a function's prototype; a variable's type, `const void` where only the address is wanted. */
      readonly typeId: number;
      /** May be missing: its address is then 0, and a call of it must not be reached. */
      readonly weak: boolean;
    }
  /** A value of the kernel's configuration (`CONFIG_*`), `LINUX_KERNEL_VERSION` or `LINUX_HAS_*`, to be written into the map `.kconfig`. */
  | {
      readonly kind: "kconfig";
      readonly name: string;
      /** In the object's BTF: bool, integer, `enum libbpf_tristate`, char or char array. */
      readonly typeId: number;
      /** Bytes into the value of the map `.kconfig`. */
      readonly offset: number;
      readonly size: number;
      /** May be missing: it is then 0. */
      readonly weak: boolean;
    };

export interface ProgramSpec {
  /** Unique in the object; its first 15 characters are the kernel's name for it. */
  readonly name: string;
  readonly type: ProgramType;
  /** Every place where this program is attached. Empty: loaded only, or run by hand. */
  readonly attach: readonly AttachTarget[];
  /** The main function, then the subprograms and callbacks it uses, each starting with its label. */
  readonly instructions: readonly Instruction[];
  /** BTF function type ids by label (the main function's label is the program's name). */
  readonly functions: ReadonlyMap<string, number>;
  /** The source text of what this program was made from, for messages: `tracepoint:sched:sched_switch`. */
  readonly title: string;
  /** `expected_attach_type` where the type of program has a choice that `attach` does not make. */
  readonly attachType?: AttachType;
  /** BPF_F_* bits of BPF_PROG_LOAD, see {@link ProgramFlag}. */
  readonly flags?: number;
  /** Whether it is loaded unless somebody asks for it; true if absent. */
  readonly autoload?: boolean;
  /** The ELF section it came from or goes to; made from type and targets if absent. */
  readonly section?: string;
}

/** Bits of BPF_PROG_LOAD's prog_flags that a section's name can ask for. */
export const ProgramFlag = { SLEEPABLE: 0x10, XDP_HAS_FRAGS: 0x20 } as const;

/** Program types by libbpf's names, without BPF_PROG_TYPE_. */
export type ProgramType =
  | "socket_filter"
  | "kprobe"
  | "sched_cls"
  | "sched_act"
  | "tracepoint"
  | "xdp"
  | "perf_event"
  | "cgroup_skb"
  | "cgroup_sock"
  | "lwt_in"
  | "lwt_out"
  | "lwt_xmit"
  | "sock_ops"
  | "sk_skb"
  | "cgroup_device"
  | "sk_msg"
  | "raw_tracepoint"
  | "cgroup_sock_addr"
  | "lwt_seg6local"
  | "lirc_mode2"
  | "sk_reuseport"
  | "flow_dissector"
  | "cgroup_sysctl"
  | "raw_tracepoint_writable"
  | "cgroup_sockopt"
  | "tracing"
  | "struct_ops"
  | "ext"
  | "lsm"
  | "sk_lookup"
  | "syscall"
  | "netfilter";

export type AttachTarget =
  /**
   * Run by the session through BPF_PROG_TEST_RUN: once (begin, end, a test), whenever the session gets the signal
   * `name`, or again and again (a benchmark); the program is a raw_tracepoint.
   */
  | { readonly kind: "run"; readonly when: RunMoment; readonly name?: string }
  | { readonly kind: "tracepoint"; readonly category: string; readonly name: string }
  | { readonly kind: "rawTracepoint"; readonly name: string }
  /** A tracing program of attach type BPF_TRACE_RAW_TP: arguments typed by BTF. */
  | { readonly kind: "btfTracepoint"; readonly name: string }
  | {
      readonly kind: "kprobe";
      /** Or, where it is "", the address. */
      readonly symbol: string;
      readonly address?: bigint;
      readonly module?: string;
      readonly offset?: number;
      readonly onReturn: boolean;
    }
  /** `program`: a function of the loaded BPF program of this id. */
  | {
      readonly kind: "fentry";
      readonly function: string;
      readonly module?: string;
      readonly program?: number;
      readonly onReturn: boolean;
    }
  | {
      readonly kind: "uprobe";
      readonly path: string;
      readonly symbol?: string;
      readonly offset?: number;
      readonly pid?: number;
      readonly onReturn: boolean;
    }
  /** A perf event on one CPU ("one") or every CPU ("all"); the period is in nanoseconds for the clocks, in events otherwise. */
  | {
      readonly kind: "perfEvent";
      readonly event: PerfEventName | PerfEventNumbers;
      readonly period?: number;
      readonly frequency?: number;
      readonly cpus: "one" | "all";
    }
  /** Every kernel function that matches a pattern with `*` and `?`, by one link; a session runs one program at entry and return. */
  | { readonly kind: "kprobeMulti"; readonly pattern: string; readonly on: ProbeMoment }
  | { readonly kind: "uprobeMulti"; readonly path: string; readonly pattern: string; readonly on: ProbeMoment }
  /** The kernel function behind a system call, whatever this machine calls it: "openat". */
  | { readonly kind: "ksyscall"; readonly name: string; readonly onReturn: boolean }
  /** `arguments`: only those of the probe's places whose note says so. */
  | {
      readonly kind: "usdt";
      readonly path: string;
      readonly provider: string;
      readonly name: string;
      readonly arguments?: string;
      readonly pid?: number;
    }
  /** Accesses of memory, by the processor's debug registers; `mode` has "r", "w" or "x". An address of the kernel, unless of process `pid`. */
  | {
      readonly kind: "watchpoint";
      readonly address: bigint;
      readonly length: 1 | 2 | 4 | 8;
      readonly mode: string;
      readonly pid?: number;
    }
  /** A tracing program that may change what the function returns. */
  | { readonly kind: "fmodRet"; readonly function: string; readonly module?: string }
  /** The security hook "file_open"; `cgroup`: for processes of a cgroup only, which `path` names as in {@link NetworkTarget}. */
  | { readonly kind: "lsm"; readonly hook: string; readonly cgroup: boolean; readonly path?: string }
  /** The iterator "task", "bpf_map", "tcp"; with `pin` it becomes a file, which runs it whenever it is read. */
  | { readonly kind: "iter"; readonly name: string; readonly pin?: string }
  /** A global function of another program that is to be replaced. */
  | { readonly kind: "freplace"; readonly function: string }
  | NetworkTarget;

/** Where packets, connections and sockets pass. Interfaces and namespaces are those of whoever attaches. */
export type NetworkTarget =
  /** A network interface by name, as its driver receives packets. */
  | { readonly kind: "xdp"; readonly device: string }
  /** What comes in at an interface or goes out: by TCX, on kernels before 6.6 by a filter on clsact. */
  | { readonly kind: "tc"; readonly device: string; readonly direction: "ingress" | "egress" }
  /**
   * The processes of a control group of version 2 and below. `path` is from the root of the tree
   * ("/system.slice"; "/" is everybody), or the group's folder.
   */
  | { readonly kind: "cgroup"; readonly path: string; readonly attachType: CgroupAttachType }
  /** Beside the chains of nftables: lower priorities run first, and no two are the same. */
  | {
      readonly kind: "netfilter";
      readonly family: "ipv4" | "ipv6";
      readonly hook: NetfilterHook;
      readonly priority: number;
      /** Fragments are put together first; 6.6 */
      readonly defragment?: boolean;
    }
  /** A whole network namespace: which socket a packet is for, how packets are taken apart. */
  | { readonly kind: "netns"; readonly attachType: "sk_lookup" | "flow_dissector" };

export type CgroupAttachType = Extract<AttachType, `cgroup_${string}`>;

export type NetfilterHook = "prerouting" | "input" | "forward" | "output" | "postrouting";

export type RunMoment = "begin" | "end" | "signal" | "test" | "bench";

export type ProbeMoment = "entry" | "return" | "session";

/** Any other event by perf_event_attr's numbers: hardware counters, caches, raw ones. */
export interface PerfEventNumbers {
  /** PERF_TYPE_*, or the number of an event source in /sys/bus/event_source/devices. */
  readonly type: number;
  /** Which of the type's events. */
  readonly config: number;
}

export type PerfEventName =
  | "cpu-clock"
  | "task-clock"
  | "page-faults"
  | "context-switches"
  | "cpu-migrations"
  | "minor-faults"
  | "major-faults"
  | "alignment-faults"
  | "emulation-faults"
  | "dummy"
  | "bpf-output";

/** Map types by libbpf's names, without BPF_MAP_TYPE_. */
export type MapType =
  | "hash"
  | "array"
  | "prog_array"
  | "perf_event_array"
  | "percpu_hash"
  | "percpu_array"
  | "stack_trace"
  | "cgroup_array"
  | "lru_hash"
  | "lru_percpu_hash"
  | "lpm_trie"
  | "array_of_maps"
  | "hash_of_maps"
  | "devmap"
  | "sockmap"
  | "cpumap"
  | "xskmap"
  | "sockhash"
  | "cgroup_storage"
  | "reuseport_sockarray"
  | "percpu_cgroup_storage"
  | "queue"
  | "stack"
  | "sk_storage"
  | "devmap_hash"
  | "struct_ops"
  | "ringbuf"
  | "inode_storage"
  | "task_storage"
  | "bloom_filter"
  | "user_ringbuf"
  | "cgrp_storage"
  | "arena";

export interface MapSpec {
  /** Unique in the object; its first 15 characters are the kernel's name for it. */
  readonly name: string;
  readonly type: MapType;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes; for per-CPU maps of one CPU's value. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* bits of BPF_MAP_CREATE. */
  readonly flags: number;
  /** Type ids in the object's BTF; 0 for none. */
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /** First content of an array map's value 0 (a data section) or of an arena; frozen after loading if the flags say read-only for programs. */
  readonly data?: Uint8Array;
  /** Of an arena with variables: the data section in the object's BTF that says where they are in its first bytes; 0 without BTF. */
  readonly dataTypeId?: number;
  /** BPF_MAP_CREATE's map_extra, whose meaning depends on the type: a bloom filter's hash functions, an arena's address. */
  readonly extra?: bigint;
  /** Bits of BPF_F_NUMA_NODE are in `flags`; this is the node. */
  readonly numaNode?: number;
  /** "byName": reused if a map is pinned under this name, else pinned there. Not pinned if absent. */
  readonly pinning?: "byName";
  /** What maps in this map of maps look like. */
  readonly inner?: MapSpec;
  /** What of the object is put into the map before programs run. */
  readonly references?: readonly MapReference[];
  /** Whether it is created unless somebody asks for it; true if absent. */
  readonly autocreate?: boolean;
}

/** A map in a map of maps, a program in a prog array, or a function of a struct_ops map. */
export interface MapReference {
  readonly kind: "map" | "program";
  readonly name: string;
  /** The key (a u32); in a struct_ops map the byte of `data` at which the function's pointer stands. */
  readonly at: number;
}
