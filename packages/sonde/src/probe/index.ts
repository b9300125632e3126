/**
 * The language of monitors: what a monitor's module imports. The code of the module runs once, in
 * Node.js, when the monitor is built; the functions that it hands to probes become programs of the kernel.
 */
export * from "./decode.ts";
export * from "./intrinsics.ts";
export * from "./maps.ts";
export * from "./metrics.ts";
export * from "./probes.ts";
export * from "./types.ts";
