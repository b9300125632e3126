/** The pass list. Each pass is a function of its own file; the order is the order of running. */
import type { Pass } from "./pass.ts";

export type { Pass } from "./pass.ts";
export { runPasses } from "./run.ts";
export type { RunOptions } from "./run.ts";

export const PASSES: readonly Pass[] = [];
