/** Changes of objects that are the same whatever front end made them. */
export { callsHelper, replaceCalls } from "./replace-calls.ts";
export type { Replacement } from "./replace-calls.ts";
