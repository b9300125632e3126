export { type CgroupMount, cgroupFolder, cgroupMounts, unifiedMount } from "./mounts.ts";
