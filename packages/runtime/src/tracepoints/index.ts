/** Objects of our own that keep books of the machine: programs on BTF tracepoints, written in assembly. */
export { runObject } from "./run.ts";
export type { RunningObject } from "./run.ts";
export { tracepointObject } from "./object.ts";
