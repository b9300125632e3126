/** Programs run without a kernel: an interpreter with maps, helpers and checked memory. */
export { defaultEnvironment } from "./environment.ts";
export type { Clock, Environment, Task } from "./environment.ts";
export { Errno } from "./errno.ts";
export { Trap, VmError, VmFault } from "./fault.ts";
export type { Helper, HelperCall, HelperTable } from "./helpers/call.ts";
export type { KeyedMap } from "./maps/keyed-map.ts";
export type { ProgramMap } from "./maps/program-map.ts";
export type { BloomMap, QueueMap } from "./maps/queue-map.ts";
export type { PerfEventMap, RingMap } from "./maps/ring-map.ts";
export { toNumber } from "./maps/values.ts";
export type { Value } from "./maps/values.ts";
export type { Memory, Space } from "./memory.ts";
export { Vm, words } from "./vm.ts";
export type { RunInput, RunResult, VmObject, VmOptions } from "./vm.ts";
