/**
 * The language of monitors: what a monitor's module imports. The code of the module runs once, in
 * Node.js, when the monitor is built; the functions that it hands to probes become programs of the kernel.
 */
export { decode } from "./decode.ts";
export type { SizedText, Decode } from "./decode.ts";
export {
  cgroup,
  fmodRet,
  lsm,
  lsmCgroup,
  netfilter,
  skLookup,
  structOps,
  tc,
  TcAction,
  xdp,
  XdpAction,
} from "./hooks.ts";
export type {
  CgroupHooks,
  DeviceAccess,
  KernelPacket,
  NetfilterEvent,
  NetfilterPlace,
  Packet,
  Socket,
  SocketAddress,
  SocketLookup,
  SocketOperation,
  SocketOption,
  StructOps,
} from "./hooks.ts";
export {
  ktime,
  bootTime,
  pid,
  tid,
  ppid,
  uid,
  gid,
  cpu,
  comm,
  cgroupId,
  currentTask,
  random,
  readUser,
  readKernel,
  readUserString,
  readKernelString,
  byteSwap,
  address,
  loop,
  range,
} from "./intrinsics.ts";
export { hash, lruHash, perCpuHash, lruPerCpuHash, array, perCpuArray, global, timer } from "./maps.ts";
export type { MapOptions, ReadMap, HashMap, ArrayMap, Global, Timer } from "./maps.ts";
export { counter, gauge, histogram, exp2, linear, fixed, stream, param, monitor } from "./metrics.ts";
export type {
  Unit,
  MetricOptions,
  Buckets,
  Counter,
  Gauge,
  Histogram,
  Stream,
  ParamOptions,
  MonitorOptions,
} from "./metrics.ts";
export {
  tracepoint,
  btfTracepoint,
  rawTracepoint,
  fentry,
  fexit,
  kprobe,
  kretprobe,
  uprobe,
  uretprobe,
  usdt,
  iterator,
  profile,
  interval,
  perfEvent,
} from "./probes.ts";
export type { RegisterArguments, Rate, PerfEvent, Iterators } from "./probes.ts";
export { u8, u16, u32, u64, s8, s16, s32, s64, kernelStack, userStack } from "./types.ts";
export type { text, userPointer, kernelPointer, Decoder, Decoders, ValuesOf, Given } from "./types.ts";

/**
 * Tracepoints by "CATEGORY:EVENT", with the fields of their records. Filled by the kernel's declarations:
 * those that come with Sonde, or those that `sonde types` writes.
 */
export interface Tracepoints {}

/** The kernel's structs by name, as far as functions of this module give them. */
export interface KernelStructs {}

/** Tracepoints by name, with the arguments that the kernel hands to them. */
export interface BtfTracepoints {}

/** Functions of the kernel by name: their arguments, and what they return under `retval`. */
export interface KernelFunctions {}
