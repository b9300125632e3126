/** The moment that `elapsed` counts from, on the clock that programs read. */
import { readFileSync } from "node:fs";
import type { BpfMap } from "@sonde/kernel/maps";

/** /proc/uptime counts in hundredths of a second: a smaller difference between the clocks is none. */
const RESOLUTION = 20_000_000n;

/** Writes the present into an array of one u64. */
export function writeStart(map: BpfMap): void {
  const value = new Uint8Array(8);
  new DataView(value.buffer).setBigUint64(0, bootTime(), true);
  map.update(new Uint8Array(4), value);
}

/**
 * CLOCK_BOOTTIME in nanoseconds. Node.js has only CLOCK_MONOTONIC, which stands still while the
 * machine is suspended; the difference is in /proc/uptime.
 */
export function bootTime(): bigint {
  const uptime = BigInt(Math.round(Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 1e9));
  const monotonic = process.hrtime.bigint();
  const suspended = uptime - monotonic;
  return suspended > RESOLUTION ? monotonic + suspended : monotonic;
}
