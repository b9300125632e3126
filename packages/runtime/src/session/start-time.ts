/** The moment that `elapsed` counts from, on the clock that programs read. */
import { readFileSync } from "node:fs";
import type { BpfMap } from "@sonde/kernel/maps";

/** /proc/uptime counts in hundredths of a second: a smaller difference between the clocks is none. */
const RESOLUTION = 20_000_000n;

/** Writes the present and the moment of the boot, as the manifest's `start` says. */
export function writeStart(map: BpfMap): void {
  const value = new Uint8Array(16);
  const view = new DataView(value.buffer);
  const present = bootTime();
  view.setBigUint64(0, present, true);
  view.setBigUint64(8, BigInt(Math.round(wallClock() * 1e3)) * 1000n - present, true);
  // Objects of earlier builds have no room for the second.
  map.update(new Uint8Array(4), value.subarray(0, map.layout.valueSize));
}

/** Milliseconds since 1970, to the microsecond. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
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
