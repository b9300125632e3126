export { matchTracepoints, readTracepoint, tracepointId } from "./events.ts";
export { parseFormat } from "./format.ts";
export { type FunctionSources, matchFunctions } from "./functions.ts";
export { findTracefs, openTracefs } from "./mount.ts";
export { isPattern, patternMatcher } from "./pattern.ts";
