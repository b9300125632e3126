// How long a function of the kernel's takes: `sonde run funclatency --function vfs_fsync_range`.
import { counter, decode, exp2, hash, histogram, kprobe, kretprobe, ktime, monitor, param, tid } from "sonde/probe";
import type { u32, u64 } from "sonde/probe";

monitor("funclatency", { help: "How long a function of the kernel's takes", enabled: false });

const name = param("function", "vfs_read", { help: "the function" });
const atLeast = param("at_least", 0, { help: "only calls of this many nanoseconds", min: 0 });

const entered = hash<u32, u64>();
const calls = counter("function_calls", {
  help: "Calls that returned",
  labels: { function: decode.text(64), comm: decode.comm },
});
const latency = histogram("function_latency_seconds", {
  help: "From entry to return",
  unit: "nanoseconds",
  buckets: exp2(8, 34),
  labels: { function: decode.text(64) },
});

kprobe(name, () => {
  entered.set(tid(), ktime());
});

kretprobe(name, () => {
  const since = entered.take(tid());
  if (since === undefined) return;
  const took = ktime() - since;
  if (took < atLeast) return;
  calls.increment({ function: name });
  latency.observe(took, { function: name });
});
