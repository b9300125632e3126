export { incompleteStacks, type OutcomeCounts, readOutcomes } from "./outcomes.ts";
export { Unwinder, type UnwinderOptions } from "./unwinder.ts";
