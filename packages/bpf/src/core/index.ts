/** CO-RE, "compile once, run everywhere": a program's field accesses fitted to the running kernel. */
export { applyCore, POISON_HELPER } from "./apply.ts";
export type { CoreApplied, Resolutions } from "./apply.ts";
export { essentialName, typesCompatible } from "./compatible.ts";
export { hasCandidates } from "./find.ts";
export { resolveRelocation } from "./resolve.ts";
export type { Resolution } from "./resolve.ts";
