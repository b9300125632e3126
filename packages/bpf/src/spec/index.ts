/** Objects: what front ends produce and the loader consumes. */
export * from "./attach-type.ts";
export * from "./byte-order.ts";
export * from "./describe.ts";
export * from "./histogram.ts";
export * from "./manifest.ts";
export * from "./monitor.ts";
export * from "./spec.ts";
export * from "./system-calls.ts";
export * from "./target.ts";
export * from "./unwind.ts";
