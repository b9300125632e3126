export { type Cache, userCache } from "./cache.ts";
export { type RunningTargetOptions, runningTarget } from "./running-target.ts";
export { openVmlinuxBtf } from "./vmlinux-btf.ts";
