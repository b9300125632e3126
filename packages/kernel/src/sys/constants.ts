/**
 * Numbers of the kernel's BPF and perf interfaces, under its own names without their prefixes.
 * Source: include/uapi/linux/bpf.h and perf_event.h. The Linux version that brought a name stands
 * beside it where the oldest kernel we support, 5.10, does not have it.
 */

/** enum bpf_cmd. */
export const BpfCommand = {
  MAP_CREATE: 0,
  MAP_LOOKUP_ELEM: 1,
  MAP_UPDATE_ELEM: 2,
  MAP_DELETE_ELEM: 3,
  MAP_GET_NEXT_KEY: 4,
  PROG_LOAD: 5,
  OBJ_PIN: 6,
  OBJ_GET: 7,
  PROG_ATTACH: 8,
  PROG_DETACH: 9,
  PROG_TEST_RUN: 10,
  PROG_GET_NEXT_ID: 11,
  MAP_GET_NEXT_ID: 12,
  PROG_GET_FD_BY_ID: 13,
  MAP_GET_FD_BY_ID: 14,
  OBJ_GET_INFO_BY_FD: 15,
  PROG_QUERY: 16,
  RAW_TRACEPOINT_OPEN: 17,
  BTF_LOAD: 18,
  BTF_GET_FD_BY_ID: 19,
  TASK_FD_QUERY: 20,
  /** Of hashes from 5.14; of queues and stacks always. */
  MAP_LOOKUP_AND_DELETE_ELEM: 21,
  MAP_FREEZE: 22,
  BTF_GET_NEXT_ID: 23,
  MAP_LOOKUP_BATCH: 24,
  MAP_LOOKUP_AND_DELETE_BATCH: 25,
  MAP_UPDATE_BATCH: 26,
  MAP_DELETE_BATCH: 27,
  LINK_CREATE: 28,
  LINK_UPDATE: 29,
  LINK_GET_FD_BY_ID: 30,
  LINK_GET_NEXT_ID: 31,
  ENABLE_STATS: 32,
  ITER_CREATE: 33,
  LINK_DETACH: 34,
  PROG_BIND_MAP: 35,
  /** 6.9 */
  TOKEN_CREATE: 36,
} as const;

/** enum bpf_map_type, by the names of MapSpec. */
export const MapTypeId = {
  hash: 1,
  array: 2,
  prog_array: 3,
  perf_event_array: 4,
  percpu_hash: 5,
  percpu_array: 6,
  stack_trace: 7,
  cgroup_array: 8,
  lru_hash: 9,
  lru_percpu_hash: 10,
  lpm_trie: 11,
  array_of_maps: 12,
  hash_of_maps: 13,
  devmap: 14,
  sockmap: 15,
  cpumap: 16,
  xskmap: 17,
  sockhash: 18,
  cgroup_storage: 19,
  reuseport_sockarray: 20,
  percpu_cgroup_storage: 21,
  queue: 22,
  stack: 23,
  sk_storage: 24,
  devmap_hash: 25,
  struct_ops: 26,
  ringbuf: 27,
  inode_storage: 28,
  /** 5.11 */
  task_storage: 29,
  /** 5.16 */
  bloom_filter: 30,
  /** 6.1 */
  user_ringbuf: 31,
  /** 6.2 */
  cgrp_storage: 32,
  /** 6.9 */
  arena: 33,
} as const;

/** enum bpf_prog_type, by the names of ProgramSpec. */
export const ProgramTypeId = {
  socket_filter: 1,
  kprobe: 2,
  sched_cls: 3,
  sched_act: 4,
  tracepoint: 5,
  xdp: 6,
  perf_event: 7,
  cgroup_skb: 8,
  cgroup_sock: 9,
  lwt_in: 10,
  lwt_out: 11,
  lwt_xmit: 12,
  sock_ops: 13,
  sk_skb: 14,
  cgroup_device: 15,
  sk_msg: 16,
  raw_tracepoint: 17,
  cgroup_sock_addr: 18,
  lwt_seg6local: 19,
  lirc_mode2: 20,
  sk_reuseport: 21,
  flow_dissector: 22,
  cgroup_sysctl: 23,
  raw_tracepoint_writable: 24,
  cgroup_sockopt: 25,
  tracing: 26,
  struct_ops: 27,
  ext: 28,
  lsm: 29,
  sk_lookup: 30,
  /** 5.14 */
  syscall: 31,
  /** 6.4 */
  netfilter: 32,
} as const;

/** enum bpf_attach_type: those of tracing, and the few that others need. */
export const AttachType = {
  CGROUP_INET_INGRESS: 0,
  CGROUP_INET_EGRESS: 1,
  CGROUP_SOCK_OPS: 3,
  TRACE_RAW_TP: 23,
  TRACE_FENTRY: 24,
  TRACE_FEXIT: 25,
  MODIFY_RETURN: 26,
  LSM_MAC: 27,
  TRACE_ITER: 28,
  XDP: 37,
  /** 5.15 */
  PERF_EVENT: 41,
  /** 5.18 */
  TRACE_KPROBE_MULTI: 42,
  /** 6.6 */
  TRACE_UPROBE_MULTI: 48,
  /** 6.10 */
  TRACE_KPROBE_SESSION: 56,
  /** 6.13 */
  TRACE_UPROBE_SESSION: 57,
} as const;

/** BPF_F_* of BPF_MAP_CREATE. */
export const MapFlag = {
  NO_PREALLOC: 0x1,
  NO_COMMON_LRU: 0x2,
  NUMA_NODE: 0x4,
  RDONLY: 0x8,
  WRONLY: 0x10,
  /** Stack traces hold build ids and file offsets instead of addresses. */
  STACK_BUILD_ID: 0x20,
  /** Hashes whose order is always the same, for tests. */
  ZERO_SEED: 0x40,
  RDONLY_PROG: 0x80,
  WRONLY_PROG: 0x100,
  /** A socket's storage is copied to the sockets that it accepts. */
  CLONE: 0x200,
  /** Array values that user space may map. */
  MMAPABLE: 0x400,
  /** Perf event arrays keep their events when who put them there is gone. */
  PRESERVE_ELEMS: 0x800,
  /** Inner arrays whose size may differ from the template's. */
  INNER_MAP: 0x1000,
  /** struct_ops that are attached by a link; 6.4 */
  LINK: 0x2000,
  /** 6.9 */
  VTYPE_BTF_OBJ_FD: 0x8000,
  /** 6.9 */
  TOKEN_FD: 0x1_0000,
  /** Touching an arena's page that is not allocated is a fault instead of an allocation; 6.9 */
  SEGV_ON_FAULT: 0x2_0000,
  /** An arena whose pointers are not translated for user space; 6.9 */
  NO_USER_CONV: 0x4_0000,
} as const;

/** Flags of BPF_MAP_UPDATE_ELEM. */
export const UpdateFlag = { ANY: 0, NOEXIST: 1, EXIST: 2, LOCK: 4 } as const;

/** BPF_PROG_LOAD's prog_flags. */
export const ProgramFlag = { SLEEPABLE: 0x10, XDP_HAS_FRAGS: 0x20 } as const;

/** perf_event_attr.type; uprobe and kprobe have dynamic ones, read from /sys/bus/event_source/devices. */
export const PerfType = { HARDWARE: 0, SOFTWARE: 1, TRACEPOINT: 2, HW_CACHE: 3, RAW: 4, BREAKPOINT: 5 } as const;

/** enum perf_sw_ids. */
export const PerfSoftware = {
  CPU_CLOCK: 0,
  TASK_CLOCK: 1,
  PAGE_FAULTS: 2,
  CONTEXT_SWITCHES: 3,
  CPU_MIGRATIONS: 4,
  PAGE_FAULTS_MIN: 5,
  PAGE_FAULTS_MAJ: 6,
  ALIGNMENT_FAULTS: 7,
  EMULATION_FAULTS: 8,
  DUMMY: 9,
  BPF_OUTPUT: 10,
} as const;

/** ioctl requests of perf events. */
export const PerfIoctl = {
  ENABLE: 0x2400,
  DISABLE: 0x2401,
  SET_BPF: 0x40042408,
} as const;

/** PERF_FLAG_FD_CLOEXEC of perf_event_open. */
export const PERF_FLAG_FD_CLOEXEC = 8;
