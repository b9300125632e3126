export type { ProbeContext } from "./feature.ts";
export { helpersOf } from "./helpers.ts";
export { type InstructionSetLevel, instructionSetLevel } from "./instruction-set.ts";
export { type Kfunc, listKfuncs } from "./kfuncs.ts";
export { type FeatureGroup, type FeatureRow, probeFeatures, rememberedFeatures } from "./probe-features.ts";
export { targetFeatures } from "./target-features.ts";
