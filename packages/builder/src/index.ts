/** Monitors built from TypeScript. */
export { buildMonitor, type BuildOptions, type BuildResult } from "./build.ts";
export { buildTarget, readBtf, RUNNING_BTF, BtfFileError } from "./target.ts";
