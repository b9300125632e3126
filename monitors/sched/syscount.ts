// System calls by what they are, how often they fail, and the time that they take.
import { counter, decode, hash, ktime, monitor, param, tid, tracepoint, u32 } from "sonde/probe";
import type { u64 } from "sonde/probe";

monitor("syscount", { help: "System calls by kind: number, failures and time", enabled: false });

const failed = param("failed", false, { short: "x", help: "only calls that failed" });
const errno = param("errno", 0, { short: "e", help: "only calls that failed with this number", min: 0, max: 4095 });
const thread = param("thread", 0, { short: "t", help: "only the thread with this number", min: 0 });

const entered = hash<u32, u64>();
const calls = counter("syscalls", { help: "System calls", labels: { call: decode.syscall } });
const errors = counter("syscall_errors", {
  help: "System calls that failed",
  labels: { call: decode.syscall, error: decode.errno },
});
const time = counter("syscall_seconds", {
  help: "Time spent in system calls",
  unit: "nanoseconds",
  labels: { call: decode.syscall },
});

tracepoint("raw_syscalls:sys_enter", () => {
  if (thread === 0 || tid() === thread) entered.set(tid(), ktime());
});

tracepoint("raw_syscalls:sys_exit", ({ id, ret }) => {
  const since = entered.take(tid());
  if (since === undefined) return;
  if (failed && ret >= 0) return;
  if (errno !== 0 && ret !== -errno) return;
  const call = u32(id);
  calls.increment({ call });
  time.add(ktime() - since, { call });
  if (ret < 0 && ret >= -4095) errors.increment({ call, error: -ret });
});
