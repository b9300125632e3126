// Every request to a block device: who asked, how large it was, how long it waited and took.
import { comm, decode, hash, ktime, monitor, param, pid, stream, tracepoint } from "sonde/probe";
import type { text, u32, u64 } from "sonde/probe";

monitor("biosnoop", { help: "Requests to block devices, one by one", enabled: false });

const slowerThan = param("slower_than", 0, { help: "only requests above this many nanoseconds", min: 0 });
const disk = param("device", 0, { help: "only of the device with this number (major << 20 | minor)", min: 0 });

interface Request {
  queued: u64;
  issued: u64;
  pid: u32;
  comm: text<16>;
}
const pending = hash<{ dev: u32; sector: u64 }, Request>();
const requests = stream(
  "requests",
  {
    time: decode.time,
    pid: decode.uint,
    comm: decode.text,
    device: decode.blockDevice,
    operation: decode.text,
    sector: decode.uint,
    sectors: decode.uint,
    queued: decode.duration,
    latency: decode.duration,
  },
  { help: "A request is done" },
);

/** Whoever queues a request has asked for it; what is issued later may meet anybody. */
function begin(dev: u32, sector: u64, issued: u64): void {
  if (disk !== 0 && dev !== disk) return;
  pending.set({ dev, sector }, { queued: ktime(), issued, pid: pid(), comm: comm() });
}

tracepoint("block:block_rq_insert", ({ dev, sector }) => begin(dev, sector, 0));

tracepoint("block:block_rq_issue", ({ dev, sector }) => {
  const request = pending.get({ dev, sector });
  if (request === undefined) begin(dev, sector, ktime());
  else request.issued = ktime();
});

tracepoint("block:block_rq_complete", ({ dev, sector, nr_sector, rwbs }) => {
  const request = pending.get({ dev, sector });
  if (request === undefined) return;
  const latency = ktime() - request.issued;
  if (latency >= slowerThan) {
    requests.emit({
      pid: request.pid,
      comm: request.comm,
      device: dev,
      operation: rwbs,
      sector,
      sectors: nr_sector,
      queued: request.issued - request.queued,
      latency,
    });
  }
  pending.delete({ dev, sector });
});
