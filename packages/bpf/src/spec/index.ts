export * from "./manifest.ts";
export * from "./spec.ts";
export * from "./target.ts";
export * from "./histogram.ts";
