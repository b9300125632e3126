/**
 * An ObjectSpec is what every front end produces and the loader consumes: programs, maps, types
 * and a manifest, as plain data. It says nothing about the kernel that it will run on.
 */
import type { Instruction } from "../asm/instruction.ts";
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
}

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
}

/** Program types by libbpf's names, without BPF_PROG_TYPE_. */
export type ProgramType =
  | "socket_filter" | "kprobe" | "sched_cls" | "sched_act" | "tracepoint" | "xdp" | "perf_event"
  | "cgroup_skb" | "cgroup_sock" | "lwt_in" | "lwt_out" | "lwt_xmit" | "sock_ops" | "sk_skb"
  | "cgroup_device" | "sk_msg" | "raw_tracepoint" | "cgroup_sock_addr" | "lwt_seg6local"
  | "lirc_mode2" | "sk_reuseport" | "flow_dissector" | "cgroup_sysctl" | "raw_tracepoint_writable"
  | "cgroup_sockopt" | "tracing" | "struct_ops" | "ext" | "lsm" | "sk_lookup" | "syscall" | "netfilter";

export type AttachTarget =
  /** Run once by the session through BPF_PROG_TEST_RUN (begin, end); the program is a raw_tracepoint. */
  | { readonly kind: "run"; readonly when: "begin" | "end" }
  | { readonly kind: "tracepoint"; readonly category: string; readonly name: string }
  | { readonly kind: "rawTracepoint"; readonly name: string }
  /** A tracing program of attach type BPF_TRACE_RAW_TP: arguments typed by BTF. */
  | { readonly kind: "btfTracepoint"; readonly name: string }
  | { readonly kind: "kprobe"; readonly symbol: string; readonly module?: string; readonly offset?: number; readonly onReturn: boolean }
  | { readonly kind: "fentry"; readonly function: string; readonly module?: string; readonly onReturn: boolean }
  | { readonly kind: "uprobe"; readonly path: string; readonly symbol?: string; readonly offset?: number; readonly pid?: number; readonly onReturn: boolean }
  /** A perf event on one CPU ("one") or every CPU ("all"); the period is in nanoseconds for the clocks, in events otherwise. */
  | { readonly kind: "perfEvent"; readonly event: PerfEventName; readonly period?: number; readonly frequency?: number; readonly cpus: "one" | "all" };

export type PerfEventName =
  | "cpu-clock" | "task-clock" | "page-faults" | "context-switches" | "cpu-migrations" | "minor-faults"
  | "major-faults" | "alignment-faults" | "emulation-faults" | "bpf-output";

/** Map types by libbpf's names, without BPF_MAP_TYPE_. */
export type MapType =
  | "hash" | "array" | "prog_array" | "perf_event_array" | "percpu_hash" | "percpu_array" | "stack_trace"
  | "cgroup_array" | "lru_hash" | "lru_percpu_hash" | "lpm_trie" | "array_of_maps" | "hash_of_maps"
  | "devmap" | "sockmap" | "cpumap" | "xskmap" | "sockhash" | "cgroup_storage" | "reuseport_sockarray"
  | "percpu_cgroup_storage" | "queue" | "stack" | "sk_storage" | "devmap_hash" | "struct_ops" | "ringbuf"
  | "inode_storage" | "task_storage" | "bloom_filter" | "user_ringbuf" | "cgrp_storage" | "arena";

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
  /** First content of an array map's value 0 (a data section); frozen after loading if the flags say read-only for programs. */
  readonly data?: Uint8Array;
}
