/** Where the kernel describes its tracepoints. */
import { existsSync } from "node:fs";
import { type Kernel, kernelError, UnsupportedFeatureError } from "../sys/index.ts";

/** Since Linux 4.1, and the older place inside debugfs, where some systems still keep it. */
const PLACES = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"] as const;

/** The mounted tracefs, or undefined if there is none. */
export function findTracefs(): string | undefined {
  return PLACES.find((place) => existsSync(`${place}/events`));
}

/**
 * The mounted tracefs; it is mounted if it is missing.
 * Errors: UnsupportedFeatureError where the kernel has none, KernelError of mount where it is not allowed.
 */
export function openTracefs(kernel: Kernel): string {
  const found = findTracefs();
  if (found !== undefined) return found;
  const [place] = PLACES;
  if (!existsSync(place)) {
    throw new UnsupportedFeatureError(
      "tracepoints",
      "4.1",
      `${place} does not exist: it was built without CONFIG_TRACING, or /sys is not mounted`,
    );
  }
  const result = kernel.mount(place, "tracefs");
  if (result < 0) throw kernelError("mount", `tracefs at ${place}`, -result);
  return place;
}
