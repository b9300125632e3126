// Where threads wait: the time they spent off a CPU, by the stack on which they left it.
import { counter, decode, hash, kernelStack, ktime, monitor, param, tracepoint } from "sonde/probe";
import type { s32, u64 } from "sonde/probe";

monitor("offcputime", { help: "Time off a CPU, by kernel stack", enabled: false });

const atLeast = param("at_least", 1000, { help: "only waits of this many nanoseconds", min: 0 });

interface Wait {
  since: u64;
  stack: kernelStack;
}
const waiting = hash<s32, Wait>();
const time = counter("off_cpu_seconds", {
  help: "Time off a CPU",
  unit: "nanoseconds",
  labels: { comm: decode.text, stack: decode.kernelStack },
});

tracepoint("sched:sched_switch", ({ prev_pid, next_pid, next_comm }) => {
  if (prev_pid !== 0) waiting.set(prev_pid, { since: ktime(), stack: kernelStack() });
  const wait = waiting.get(next_pid);
  if (wait === undefined) return;
  const waited = ktime() - wait.since;
  if (waited >= atLeast) time.add(waited, { comm: next_comm, stack: wait.stack });
  waiting.delete(next_pid);
});
