/**
 * The builtins: what a bare name such as `pid` gives. To add one: an entry here, its value in lowering.
 * `argN` stands for arg0, arg1 and so on.
 */
import type { Type } from "./types.ts";
import { BOOL, UINT32, UINT64, stringOf } from "./values.ts";

export interface BuiltinInfo {
  readonly summary: string;
  /** The type, or how it is found: by the probe, the kernel's types or the settings. */
  readonly type:
    | Type
    | "args"
    | "argument"
    | "context"
    | "result"
    | "task"
    | "stack"
    | "title"
    | "function"
    | "provider"
    | "mode";
}

const COMM_SIZE = 16;

const BUILTINS: Readonly<Record<string, BuiltinInfo>> = {
  args: { summary: "the probe's arguments as fields: args.name", type: "args" },
  argN: { summary: "argument N of the function, from 0", type: "argument" },
  cgroup: { summary: "cgroup2 id of the current process", type: UINT64 },
  comm: { summary: "name of the current thread", type: stringOf(COMM_SIZE) },
  cpid: { summary: "process id of the command given with -c", type: UINT32 },
  cpu: { summary: "number of the CPU that runs the probe", type: UINT32 },
  ctx: { summary: "the probe's raw context", type: "context" },
  curtask: { summary: "struct task_struct of the current thread", type: "task" },
  dw_ustack: { summary: "user space's stack, unwound by .eh_frame: no frame pointers needed", type: "stack" },
  elapsed: { summary: "nanoseconds since the session began", type: UINT64 },
  func: { summary: "name of the traced function", type: "function" },
  gid: { summary: "group id of the current thread", type: UINT32 },
  has_cpid: { summary: "was a command given with -c?", type: BOOL },
  jiffies: { summary: "the kernel's jiffies", type: UINT64 },
  leader_comm: { summary: "name of the thread group's leader", type: stringOf(COMM_SIZE) },
  leader_tid: { summary: "thread id of the thread group's leader", type: UINT32 },
  kstack: { summary: "the kernel's stack", type: "stack" },
  ncpus: { summary: "number of CPUs", type: UINT64 },
  nsecs: { summary: "nanoseconds since boot", type: UINT64 },
  numaid: { summary: "NUMA node that runs the probe", type: UINT32 },
  pid: { summary: "process id (thread group id)", type: UINT32 },
  ppid: { summary: "process id of the parent", type: UINT32 },
  pcomm: { summary: "name of the parent", type: stringOf(COMM_SIZE) },
  probe: { summary: "full name of the probe", type: "title" },
  probetype: { summary: "type of the probe", type: "provider" },
  rand: { summary: "random number", type: UINT32 },
  retval: { summary: "what the function returns", type: "result" },
  tid: { summary: "thread id", type: UINT32 },
  uid: { summary: "user id of the current thread", type: UINT32 },
  usermode: { summary: "was user space running?", type: "mode" },
  username: { summary: "name of the current user", type: { kind: "named", by: { kind: "user" }, size: 8 } },
  ustack: { summary: "user space's stack", type: "stack" },
};

export function isBuiltin(name: string): boolean {
  return builtin(name) !== undefined;
}

export function builtin(name: string): BuiltinInfo | undefined {
  if (Object.hasOwn(BUILTINS, name)) return name === "argN" ? undefined : BUILTINS[name];
  return argumentIndex(name) === undefined ? undefined : BUILTINS["argN"];
}

/** N of argN. */
export function argumentIndex(name: string): number | undefined {
  const digits = /^arg(\d{1,2})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** All names with what they mean, for documentation and for near names. */
export function builtins(): Readonly<Record<string, BuiltinInfo>> {
  return BUILTINS;
}
