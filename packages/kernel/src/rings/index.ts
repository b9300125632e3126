export { PerfBuffer } from "./perf-buffer.ts";
export type { PerfBufferOptions } from "./perf-buffer.ts";
export { Ring } from "./ring.ts";
export type { RecordVisitor } from "./ring.ts";
export { stream } from "./stream.ts";
export type { RecordSource, StreamOptions } from "./stream.ts";
export { UserRing } from "./user-ring.ts";
export type { Reservation } from "./user-ring.ts";
