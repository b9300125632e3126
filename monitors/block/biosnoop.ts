// Every request to a block device: who asked, how large it was, how long it took.
import { comm, decode, hash, ktime, monitor, param, pid, stream, tracepoint } from "sonde/probe";
import type { text, u32, u64 } from "sonde/probe";

monitor("biosnoop", { help: "Requests to block devices, one by one", enabled: false });

const slowerThan = param("slower_than", 0, { help: "only requests above this many nanoseconds", min: 0 });

interface Request {
  time: u64;
  pid: u32;
  comm: text<16>;
}
const issued = hash<{ dev: u32; sector: u64 }, Request>();
const requests = stream(
  "requests",
  {
    pid: decode.uint,
    comm: decode.text,
    device: decode.blockDevice,
    operation: decode.text,
    sector: decode.uint,
    sectors: decode.uint,
    latency: decode.duration,
  },
  { help: "A request is done" },
);

tracepoint("block:block_rq_issue", ({ dev, sector }) => {
  issued.set({ dev, sector }, { time: ktime(), pid: pid(), comm: comm() });
});

tracepoint("block:block_rq_complete", ({ dev, sector, nr_sector, rwbs }) => {
  const request = issued.get({ dev, sector });
  if (request === undefined) return;
  const latency = ktime() - request.time;
  if (latency >= slowerThan) {
    requests.emit({
      pid: request.pid,
      comm: request.comm,
      device: dev,
      operation: rwbs,
      sector,
      sectors: nr_sector,
      latency,
    });
  }
  issued.delete({ dev, sector });
});
