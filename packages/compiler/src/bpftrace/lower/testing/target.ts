/** A small kernel for tests: a few structs, tracepoints and functions, the same on every machine. */
import { BtfBuilder, BtfReader } from "@sonde/bpf/btf";
import type { Target, TracepointField, TracepointFormat } from "@sonde/bpf/spec";

export function fixtureTarget(): Target {
  const formats = tracepoints();
  const names = {
    tracepoint: [...formats.keys()],
    rawtracepoint: ["sys_enter"],
    kprobe: ["vfs_read"],
    fentry: ["vfs_read"],
    uprobe: ["/bin/app:main"],
  };
  return {
    arch: "x86_64",
    btf: new BtfReader(types()),
    features: {
      kprobe: true,
      fentry: true,
      probeReadKernel: true,
      atomics: true,
      ringbuf: true,
      cookie: true,
      forEachMapElem: true,
      loop: true,
      lookupPercpu: true,
      taskBtf: true,
    },
    tracepoint: (category, name) => formats.get(`${category}:${name}`),
    probes: (provider, pattern) =>
      (names[provider as keyof typeof names] ?? []).filter((name) => matches(name, pattern)),
  };
}

function matches(name: string, pattern: string): boolean {
  const escaped = pattern
    .replaceAll(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`).test(name);
}

function tracepoints(): ReadonlyMap<string, TracepointFormat> {
  const field = (name: string, type: string, offset: number, size: number, signed = false): TracepointField => ({
    name,
    type,
    offset,
    size,
    signed,
  });
  const formats: readonly TracepointFormat[] = [
    {
      category: "raw_syscalls",
      name: "sys_enter",
      id: 1,
      fields: [field("id", "long", 8, 8, true), field("args", "unsigned long[6]", 16, 48)],
    },
    {
      category: "syscalls",
      name: "sys_enter_openat",
      id: 2,
      fields: [field("dfd", "int", 16, 8), field("filename", "const char *", 24, 8)],
    },
    { category: "syscalls", name: "sys_exit_openat", id: 3, fields: [field("ret", "long", 16, 8, true)] },
    {
      category: "sched",
      name: "sched_switch",
      id: 4,
      fields: [
        field("prev_comm", "char[16]", 8, 16),
        field("prev_pid", "pid_t", 24, 4, true),
        field("next_comm", "char[16]", 40, 16),
        field("next_pid", "pid_t", 56, 4, true),
      ],
    },
    {
      category: "sched",
      name: "sched_process_exec",
      id: 5,
      fields: [field("filename", "__data_loc char[]", 8, 4), field("pid", "pid_t", 12, 4, true)],
    },
  ];
  return new Map(formats.map((format) => [`${format.category}:${format.name}`, format]));
}

/** `struct task_struct`, `struct file` and `vfs_read`, as far as scripts of the tests go. */
function types(): Uint8Array {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, "signed");
  const unsigned = builder.int("unsigned int", 4, "unsigned");
  const long = builder.int("long", 8, "signed");
  const size = builder.int("unsigned long", 8, "unsigned");
  const char = builder.int("char", 1, "char");
  const task = builder.struct("task_struct", 64, [
    { name: "flags", type: unsigned, bitOffset: 0 },
    { name: "in_execve", type: unsigned, bitOffset: 32, bitSize: 1 },
    { name: "in_iowait", type: unsigned, bitOffset: 33, bitSize: 2 },
    { name: "pid", type: int, bitOffset: 64 },
    { name: "tgid", type: int, bitOffset: 96 },
    { name: "real_parent", type: builder.ptr(builder.fwd("task_struct", false)), bitOffset: 128 },
    { name: "comm", type: builder.array(char, 16), bitOffset: 192 },
  ]);
  const inode = builder.struct("inode", 16, [{ name: "i_ino", type: size, bitOffset: 64 }]);
  const path = builder.struct("path", 16, [
    { name: "mnt", type: builder.ptr(0), bitOffset: 0 },
    { name: "dentry", type: builder.ptr(task), bitOffset: 64 },
  ]);
  const file = builder.struct("file", 32, [
    { name: "f_path", type: path, bitOffset: 0 },
    { name: "f_inode", type: builder.ptr(inode), bitOffset: 128 },
  ]);
  const read = builder.funcProto(long, [
    { name: "file", type: builder.ptr(file) },
    { name: "buf", type: builder.ptr(char) },
    { name: "count", type: size },
    { name: "pos", type: builder.ptr(long) },
  ]);
  builder.func("vfs_read", read, "static");
  return builder.encode();
}
