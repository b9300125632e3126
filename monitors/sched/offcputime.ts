// Where threads wait: the time they spent off a CPU, by the stack on which they left it.
import {
  counter,
  currentTask,
  decode,
  hash,
  kernelStack,
  ktime,
  monitor,
  param,
  tracepoint,
  userStack,
} from "sonde/probe";
import type { s32, u64 } from "sonde/probe";

monitor("offcputime", { help: "Time off a CPU, by kernel stack", enabled: false });

const atLeast = param("at_least", 1000, { short: "m", help: "only waits of this many nanoseconds", min: 0 });
const atMost = param("at_most", 0, { short: "M", help: "only waits of at most this many nanoseconds", min: 0 });
const owner = param("process", 0, { short: "p", help: "only threads of the process with this number", min: 0 });
const thread = param("thread", 0, { short: "t", help: "only the thread with this number", min: 0 });
const users = param("user_threads", false, { short: "u", help: "only threads of processes" });
const kernels = param("kernel_threads", false, { short: "k", help: "only threads of the kernel" });

/** Threads of the kernel, in task_struct.flags. */
const PF_KTHREAD = 0x0020_0000;

interface Wait {
  since: u64;
  stack: kernelStack;
  user: userStack;
}
const waiting = hash<s32, Wait>();
const time = counter("off_cpu_seconds", {
  help: "Time off a CPU",
  unit: "nanoseconds",
  labels: { comm: decode.text, stack: decode.kernelStack, user: decode.userStack },
});

function isMeant(pid: s32): boolean {
  if (pid === 0 || (thread !== 0 && pid !== thread)) return false;
  if (owner !== 0 && currentTask().tgid !== owner) return false;
  const ofKernel = (currentTask().flags & PF_KTHREAD) !== 0;
  return !(users && ofKernel) && !(kernels && !ofKernel);
}

tracepoint("sched:sched_switch", ({ prev_pid, next_pid, next_comm }) => {
  if (isMeant(prev_pid)) waiting.set(prev_pid, { since: ktime(), stack: kernelStack(), user: userStack() });
  const wait = waiting.get(next_pid);
  if (wait === undefined) return;
  const waited = ktime() - wait.since;
  if (waited >= atLeast && (atMost === 0 || waited <= atMost))
    time.add(waited, { comm: next_comm, stack: wait.stack, user: wait.user });
  waiting.delete(next_pid);
});
