/** Programs that look only at some tasks: by process, name, or cgroup (so container and pod). */
export { Admission } from "./admission.ts";
export { ADMITTED, FilterError, withTaskFilter } from "./prologue.ts";
export type { TaskFilter } from "./prologue.ts";
