/** What programs learn from outside themselves, so that a test decides it. */

export interface Task {
  /** The thread's id, which the kernel calls pid. */
  readonly pid: number;
  /** The process's id. */
  readonly tgid: number;
  readonly uid: number;
  readonly gid: number;
  /** At most 15 characters count. */
  readonly comm: string;
  /** Id of its cgroup in the cgroup2 hierarchy. */
  readonly cgroupId: bigint;
  /** Address of its task_struct; see Vm.allocate. */
  readonly address: bigint;
}

export type Clock = "monotonic" | "boottime" | "tai" | "jiffies";

export interface Environment {
  /** Nanoseconds, or ticks for jiffies. */
  time(clock: Clock): bigint;
  /** Who the current task is. */
  task(): Task;
  /** 32 bits. */
  random(): number;
  /** Return addresses, innermost first; undefined where there is no stack to walk. */
  stack(space: "kernel" | "user"): readonly bigint[] | undefined;
  /** What bpf_get_attach_cookie gives. */
  cookie(): bigint;
  /** What bpf_get_func_ip gives: the address of the probed function. */
  functionAddress(): bigint;
}

const TASK: Task = { pid: 1000, tgid: 1000, uid: 0, gid: 0, comm: "task", cgroupId: 1n, address: 0n };

const FIRST_MOMENT = 1_000_000_000n;
const MOMENT = 1_000n;
const TICK = 4_000_000n;

/**
 * The same on every run: one task 1000 called "task", run by root; a clock that starts at one
 * second and goes on by a microsecond each time it is read; random numbers from a fixed seed; no
 * stacks.
 */
export function defaultEnvironment(): Environment {
  let now = FIRST_MOMENT;
  let state = 1;
  return {
    time(clock) {
      now += MOMENT;
      return clock === "jiffies" ? now / TICK : now;
    },
    task: () => TASK,
    random() {
      // Marsaglia's xorshift32.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 0;
    },
    stack: () => undefined,
    cookie: () => 0n,
    functionAddress: () => 0n,
  };
}
