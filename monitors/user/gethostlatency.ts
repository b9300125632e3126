// Names of hosts that programs look up by the C library, and how long the answer takes.
import { decode, exp2, hash, histogram, ktime, monitor, param, readUserString, s32, stream, tid } from "sonde/probe";
import { uprobe, uretprobe } from "sonde/probe";
import type { text, u32, u64 } from "sonde/probe";

monitor("gethostlatency", { help: "Host names that are looked up, and how long that takes", enabled: false });

const slowerThan = param("slower_than", 0, { help: "only look-ups above this many nanoseconds", min: 0 });

interface Lookup {
  since: u64;
  host: text<128>;
}
const asked = hash<u32, Lookup>({ maxEntries: 1024 });
const latency = histogram("host_lookup_seconds", {
  help: "From the question to the answer",
  unit: "nanoseconds",
  buckets: exp2(12, 36),
});
const lookups = stream(
  "lookups",
  {
    pid: decode.pid,
    comm: decode.comm,
    latency: decode.duration,
    result: decode.int,
    host: decode.text(128),
  },
  { help: "A name was looked up; the result is 0, or getaddrinfo's EAI_ number" },
);

uprobe("libc", "getaddrinfo", ({ arg0 }) => {
  asked.set(tid(), { since: ktime(), host: readUserString(arg0, 128) });
});

uretprobe("libc", "getaddrinfo", ({ retval }) => {
  const lookup = asked.get(tid());
  if (lookup === undefined) return;
  const took = ktime() - lookup.since;
  if (took >= slowerThan) {
    latency.observe(took);
    // An int: the upper half of the register is nobody's.
    lookups.emit({ latency: took, result: s32(retval), host: lookup.host });
  }
  asked.delete(tid());
});
