export type { ProbeContext } from "./feature.ts";
export { type FeatureGroup, type FeatureRow, probeFeatures } from "./probe-features.ts";
export { targetFeatures } from "./target-features.ts";
