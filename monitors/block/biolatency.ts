// How long block devices take, from handing a request to the driver until it is done.
import { counter, decode, exp2, hash, histogram, ktime, monitor, param, tracepoint } from "sonde/probe";
import type { u32, u64 } from "sonde/probe";

monitor("biolatency", { help: "Block device I/O: latency, size and errors", enabled: false });

const queued = param("queued", false, { short: "Q", help: "from when it was queued on, not from when it was issued" });
const disk = param("device", 0, { help: "only of the device with this number (major << 20 | minor)", min: 0 });

const issued = hash<{ dev: u32; sector: u64 }, u64>();
const latency = histogram("block_io_latency_seconds", {
  help: "From issue to completion",
  unit: "nanoseconds",
  buckets: exp2(10, 34),
  labels: { device: decode.blockDevice, operation: decode.text },
});
const size = histogram("block_io_size_bytes", {
  help: "Bytes of each request",
  unit: "sectors",
  buckets: exp2(0, 16),
  labels: { device: decode.blockDevice },
});
const errors = counter("block_io_errors", {
  help: "Requests that failed",
  labels: { device: decode.blockDevice, error: decode.errno },
});

tracepoint("block:block_rq_insert", ({ dev, sector }) => {
  if (queued && (disk === 0 || dev === disk)) issued.set({ dev, sector }, ktime());
});

tracepoint("block:block_rq_issue", ({ dev, sector }) => {
  if (disk !== 0 && dev !== disk) return;
  // A request that no scheduler held back was never queued.
  if (queued && issued.has({ dev, sector })) return;
  issued.set({ dev, sector }, ktime());
});

tracepoint("block:block_rq_complete", ({ dev, sector, nr_sector, rwbs, error }) => {
  const since = issued.take({ dev, sector });
  if (since === undefined) return;
  latency.observe(ktime() - since, { device: dev, operation: rwbs });
  size.observe(nr_sector, { device: dev });
  if (error !== 0) errors.increment({ device: dev, error: -error });
});
