export { check, type Checked } from "./check.ts";
export type { CheckOptions } from "./program.ts";
