/** Who is behind cgroups and processes, and programs that look only at some of them. */
export { admits, asksForCgroups, taskFilterOf } from "./filter.ts";
export { Gate } from "./gate.ts";
export { Identity } from "./identity.ts";
export type { IdentityOptions, IdentityStatistics } from "./identity.ts";
export { IdentityService } from "./service.ts";
export { followPods } from "./kubernetes/follow.ts";
export type { KubernetesOptions } from "./kubernetes/follow.ts";
export { PodStore } from "./kubernetes/pod-store.ts";
