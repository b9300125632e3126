/**
 * Monitors tested without root and without a kernel: handlers run in an interpreter, on events that the
 * test makes up.
 *
 *     const monitor = await loadMonitor(new URL("../block-io.ts", import.meta.url));
 *     monitor.time = 1_000n;
 *     monitor.fire("tracepoint:block:block_rq_issue", { dev: 8, sector: 2048 });
 *     monitor.time = 5_000n;
 *     monitor.fire("tracepoint:block:block_rq_complete", { dev: 8, sector: 2048, rwbs: "R" });
 *     assert.equal(monitor.series("block_io_latency_seconds")[0]?.count, 1);
 */
export { loadMonitor, MonitorError, TestMonitor } from "./monitor.ts";
export type { LoadOptions } from "./monitor.ts";
export type { MadeUpEvent } from "./events.ts";
export type { SeriesReading } from "./readings.ts";
