/** Control groups: which tree tells who a task is, what is in it, and what comes and goes. */
export { withCgroupIds } from "./current-id.ts";
export { findHierarchy } from "./hierarchy.ts";
export type { Hierarchy } from "./hierarchy.ts";
export { cgroupLayout } from "./layout.ts";
export type { CgroupLayout } from "./layout.ts";
export { walkCgroups } from "./walk.ts";
export type { FoundCgroup } from "./walk.ts";
export { CgroupWatch } from "./watch.ts";
export type { CgroupEvent } from "./watch.ts";
