/** A small kernel for tests: some types, functions and tracepoints, laid out as on x86-64. */
import { BtfBuilder, BtfReader, type Btf } from "@sonde/bpf/btf";
import type { ProbeProvider, Target, TargetFeatures, TracepointField, TracepointFormat } from "@sonde/bpf/spec";

const FUNCTIONS = ["tcp_set_state", "vfs_read", "vfs_write", "vfs_open"];
const TRACEPOINTS: Readonly<Record<string, readonly TracepointField[]>> = {
  "sched:sched_switch": [
    field("prev_comm", "char[16]", 8, 16),
    field("prev_pid", "pid_t", 24, 4, true),
    field("next_comm", "char[16]", 32, 16),
    field("next_pid", "pid_t", 48, 4, true),
    field("prev_state", "long", 56, 8, true),
  ],
  "sched:sched_wakeup": [field("comm", "char[16]", 8, 16), field("pid", "pid_t", 24, 4, true)],
  "sched:sched_process_exec": [field("filename", "__data_loc char[]", 8, 4), field("pid", "pid_t", 12, 4, true)],
  "syscalls:sys_enter_openat": [
    field("__syscall_nr", "int", 8, 4, true),
    field("dfd", "int", 16, 8),
    field("filename", "const char *", 24, 8),
    field("flags", "int", 32, 8),
  ],
  "syscalls:sys_exit_openat": [field("ret", "long", 16, 8, true)],
  "syscalls:sys_enter_read": [
    field("fd", "unsigned int", 16, 8),
    field("buf", "char *", 24, 8),
    field("count", "size_t", 32, 8),
  ],
  "syscalls:sys_enter_write": [
    field("fd", "unsigned int", 16, 8),
    field("buf", "const char *", 24, 8),
    field("count", "size_t", 32, 8),
  ],
  "syscalls:sys_exit_read": [field("ret", "long", 16, 8, true)],
  "raw_syscalls:sys_enter": [field("id", "long", 8, 8, true), field("args", "unsigned long[6]", 16, 48)],
  "net:odd": [field("mac", "__data_loc u8[]", 8, 4)],
};
const SYMBOLS = ["/bin/app:main", "/bin/bash:readline", "/bin/bash:main"];

function field(name: string, type: string, offset: number, size: number, signed = false): TracepointField {
  return { name, type, offset, size, signed };
}

export const ALL_FEATURES: TargetFeatures = {
  kprobe: true,
  fentry: true,
  probeReadKernel: true,
  atomics: true,
  ringbuf: true,
  cookie: true,
  forEachMapElem: true,
  loop: true,
  numberIterator: true,
  lookupPercpu: true,
  taskBtf: true,
};

/** A target with all features, but for those given. */
export function fixtureTarget(features: Partial<TargetFeatures> = {}): Target {
  return {
    arch: "x86_64",
    btf: fixtureBtf(),
    features: { ...ALL_FEATURES, ...features },
    tracepoint: (category, name): TracepointFormat | undefined => {
      const key = `${category}:${name}`;
      const fields = Object.hasOwn(TRACEPOINTS, key) ? TRACEPOINTS[key] : undefined;
      return fields === undefined
        ? undefined
        : { category, name, id: Object.keys(TRACEPOINTS).indexOf(key) + 1, fields };
    },
    probes: (provider, pattern) => namesOf(provider).filter(glob(pattern)).sort(),
  };
}

function namesOf(provider: ProbeProvider): readonly string[] {
  switch (provider) {
    case "tracepoint":
      return Object.keys(TRACEPOINTS);
    case "rawtracepoint":
      return ["sched_switch", "sys_enter"];
    case "kprobe":
    case "fentry":
      return FUNCTIONS;
    case "uprobe":
      return SYMBOLS;
    case "usdt":
      return ["/bin/bash:shell:prompt"];
    case "iter":
      return ["task", "task_file"];
  }
}

function glob(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}

function fixtureBtf(): Btf {
  const b = new BtfBuilder();
  const char = b.int("char", 1, "char");
  const int = b.int("int", 4, "signed");
  const unsigned = b.int("unsigned int", 4, "unsigned");
  const long = b.int("long", 8, "signed");
  const u64 = b.int("unsigned long", 8, "unsigned");
  const bool = b.int("_Bool", 1, "bool");
  b.typedef("size_t", u64);
  b.typedef("pid_t", int);
  const uid = b.typedef("kuid_t", b.struct("", 4, [{ name: "val", type: unsigned, bitOffset: 0 }]));
  const cred = b.struct("cred", 8, [
    { name: "usage", type: unsigned, bitOffset: 0 },
    { name: "uid", type: uid, bitOffset: 32 },
  ]);
  const mm = b.fwd("mm_struct", false);
  const task = b.struct("task_struct", 88, [
    { name: "flags", type: unsigned, bitOffset: 0 },
    { name: "in_execve", type: unsigned, bitOffset: 32, bitSize: 1 },
    { name: "in_iowait", type: unsigned, bitOffset: 33, bitSize: 2 },
    { name: "pid", type: int, bitOffset: 64 },
    { name: "tgid", type: int, bitOffset: 96 },
    { name: "real_parent", type: b.ptr(b.fwd("task_struct", false)), bitOffset: 128 },
    { name: "comm", type: b.array(char, 16), bitOffset: 192 },
    { name: "cred", type: b.ptr(b.const(cred)), bitOffset: 320 },
    { name: "mm", type: b.ptr(mm), bitOffset: 384 },
    {
      name: "",
      type: b.union("", 8, [
        { name: "utime", type: u64, bitOffset: 0 },
        { name: "gtime", type: u64, bitOffset: 0 },
      ]),
      bitOffset: 448,
    },
    { name: "prios", type: b.array(int, 4), bitOffset: 512 },
    { name: "frozen", type: bool, bitOffset: 640 },
  ]);
  const inode = b.struct("inode", 16, [{ name: "i_ino", type: u64, bitOffset: 64 }]);
  const path = b.struct("path", 16, [
    { name: "mnt", type: b.ptr(0), bitOffset: 0 },
    { name: "dentry", type: b.ptr(task), bitOffset: 64 },
  ]);
  const file = b.struct("file", 40, [
    { name: "f_path", type: path, bitOffset: 0 },
    { name: "f_inode", type: b.ptr(inode), bitOffset: 128 },
    { name: "f_count", type: long, bitOffset: 192 },
    { name: "f_pos", type: long, bitOffset: 256 },
  ]);
  const userText = b.ptr(b.typeTag("user", char));
  const read = b.funcProto(long, [
    { name: "file", type: b.ptr(file) },
    { name: "buf", type: userText },
    { name: "count", type: u64 },
    { name: "pos", type: b.ptr(long) },
  ]);
  b.func("vfs_read", read, "static");
  b.func(
    "vfs_write",
    b.funcProto(long, [
      { name: "file", type: b.ptr(file) },
      { name: "buf", type: b.ptr(b.typeTag("user", b.const(char))) },
      { name: "count", type: u64 },
      { name: "pos", type: b.ptr(long) },
    ]),
    "static",
  );
  b.func(
    "vfs_open",
    b.funcProto(int, [
      { name: "path", type: b.ptr(b.const(file)) },
      { name: "file", type: b.ptr(file) },
    ]),
    "static",
  );
  b.func(
    "tcp_set_state",
    b.funcProto(0, [
      { name: "sk", type: b.ptr(b.fwd("sock", false)) },
      { name: "state", type: int },
    ]),
    "static",
  );
  b.enum("", 4, false, [
    { name: "TCP_ESTABLISHED", value: 1 },
    { name: "TCP_CLOSE", value: 7 },
  ]);
  b.enum("pid_type", 4, false, [
    { name: "PIDTYPE_PID", value: 0 },
    { name: "PIDTYPE_TGID", value: 1 },
  ]);
  const voidPointer = b.ptr(0);
  const switchParams = [
    { name: "__data", type: voidPointer },
    { name: "preempt", type: bool },
    { name: "prev", type: b.ptr(task) },
    { name: "next", type: b.ptr(task) },
  ];
  b.typedef(
    "btf_trace_sched_switch",
    b.ptr(
      b.funcProto(
        0,
        switchParams.map(({ type }) => ({ name: "", type })),
      ),
    ),
  );
  b.func("__traceiter_sched_switch", b.funcProto(int, switchParams), "static");
  return new BtfReader(b.encode());
}

/** A kernel without symbols and control groups. */
export const withFacts: Target = {
  ...fixtureTarget(),
  facts: {
    cpus: () => 2,
    kernelSymbol: () => undefined,
    userSymbol: () => undefined,
    cgroupId: () => undefined,
    usdt: () => [],
    debugInfo: () => undefined,
    instruction: (_, { offset }) => ({ start: offset & ~3, end: (offset & ~3) + 4 }),
    mappedFiles: () => [],
  },
};
