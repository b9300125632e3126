/** Programs run without a kernel: an interpreter with maps, helpers and checked memory. */
export { defaultEnvironment, Errno, toNumber, Trap, Vm, VmError, VmFault, words } from "@sonde/bpf/vm";
export type {
  Clock,
  Environment,
  Helper,
  HelperCall,
  HelperTable,
  Memory,
  RunInput,
  RunResult,
  Space,
  Task,
  Value,
  VmObject,
  VmOptions,
} from "@sonde/bpf/vm";
export type { BloomMap, KeyedMap, PerfEventMap, ProgramMap, QueueMap, RingMap } from "@sonde/bpf/vm";
