/** CO-RE, "compile once, run everywhere": a program's field accesses fitted to the running kernel. */
export { applyCore, POISON_HELPER } from "./apply.ts";
export type { CoreApplied } from "./apply.ts";
export { essentialName } from "./compatible.ts";
export { resolveRelocation } from "./resolve.ts";
export type { Resolution } from "./resolve.ts";
