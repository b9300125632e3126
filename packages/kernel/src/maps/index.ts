export type { Batch } from "./batches.ts";
export { createMap } from "./create.ts";
export { isPerCpu, mapLayout } from "./layout.ts";
export type { MapLayout } from "./layout.ts";
export { BpfMap } from "./map.ts";
export type { EntryVisitor, MapDescription } from "./map.ts";
