// How long threads that could run waited for a CPU.
import { decode, exp2, hash, histogram, ktime, monitor, param, tracepoint } from "sonde/probe";
import type { s32, u64 } from "sonde/probe";

monitor("runqlat", { help: "Run-queue latency", enabled: false });

const thread = param("thread", 0, { short: "t", help: "only the thread with this number", min: 0 });

const ready = hash<s32, u64>();
const latency = histogram("run_queue_latency_seconds", {
  help: "How long runnable threads waited for a CPU",
  unit: "nanoseconds",
  buckets: exp2(10, 34),
  labels: { comm: decode.text },
});

function isReady(pid: s32): void {
  if (thread === 0 || pid === thread) ready.set(pid, ktime());
}

tracepoint("sched:sched_wakeup", ({ pid }) => isReady(pid));
tracepoint("sched:sched_wakeup_new", ({ pid }) => isReady(pid));

tracepoint("sched:sched_switch", ({ prev_pid, prev_state, next_pid, next_comm }) => {
  // A thread that is switched out while it could go on waits again; the idle thread never waits.
  if (prev_state === 0 && prev_pid !== 0) isReady(prev_pid);
  const since = ready.take(next_pid);
  if (since !== undefined) latency.observe(ktime() - since, { comm: next_comm });
});
