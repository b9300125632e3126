/** Hooks of the kernel, each with the handler that runs there. */
import { atBuildTime } from "./build-time.ts";
import type { BtfTracepoints, KernelFunctions, KernelStructs, Tracepoints } from "./index.ts";
import type { u32 } from "./types.ts";

type Handler<Event> = (event: Event) => void;
type Arguments<F> = F extends { readonly retval: unknown } ? Omit<F, "retval"> : F;

/** An event that the kernel describes by a record: fields by name, nearly the same on all kernels. */
export const tracepoint: <Name extends keyof Tracepoints>(name: Name, handler: Handler<Tracepoints[Name]>) => void =
  atBuildTime("tracepoint");
/** The same event by what its place in the kernel hands over: pointers into the kernel, and no record made. */
export const btfTracepoint: <Name extends keyof BtfTracepoints>(
  name: Name,
  handler: Handler<BtfTracepoints[Name]>,
) => void = atBuildTime("btfTracepoint");
/** The same without types. */
export const rawTracepoint: (name: string, handler: Handler<Readonly<Record<`arg${number}`, number>>>) => void =
  atBuildTime("rawTracepoint");

/** A function of the kernel's is entered. */
export const fentry: <Name extends keyof KernelFunctions>(
  name: Name,
  handler: Handler<Arguments<KernelFunctions[Name]>>,
) => void = atBuildTime("fentry");
/** It returns: with its arguments, and `retval`. */
export const fexit: <Name extends keyof KernelFunctions>(name: Name, handler: Handler<KernelFunctions[Name]>) => void =
  atBuildTime("fexit");
/** A text that is known only when the monitor is loaded: a parameter. */
type Unknown<Text extends string> = Text & (string extends Text ? unknown : never);

/** As fentry, by a breakpoint: slower, and open on kernels that lack fentry. */
export const kprobe: {
  <Name extends keyof KernelFunctions>(name: Name, handler: Handler<Arguments<KernelFunctions[Name]>>): void;
  /** A function that a parameter names: its arguments by number. */
  <Name extends string>(name: Unknown<Name>, handler: Handler<RegisterArguments>): void;
} = atBuildTime("kprobe");
/** It returns: `retval` only. */
export const kretprobe: {
  <Name extends keyof KernelFunctions>(
    name: Name,
    handler: Handler<Pick<KernelFunctions[Name], Extract<keyof KernelFunctions[Name], "retval">>>,
  ): void;
  <Name extends string>(name: Unknown<Name>, handler: Handler<{ readonly retval: number }>): void;
} = atBuildTime("kretprobe");

/** Arguments in registers: arg0 to arg5. */
export type RegisterArguments = Readonly<Record<"arg0" | "arg1" | "arg2" | "arg3" | "arg4" | "arg5", number>>;

/** A function of a program or library is entered. */
export const uprobe: (path: string, symbol: string, handler: Handler<RegisterArguments>) => void =
  atBuildTime("uprobe");
export const uretprobe: (path: string, symbol: string, handler: Handler<{ readonly retval: number }>) => void =
  atBuildTime("uretprobe");

/**
 * A static probe point of a program or library. Its arguments are the handler's parameters, in the order of the
 * probe's note, as wide as they are written; one that is not used is not read.
 *
 *     usdt("/usr/bin/python3", "python", "function__entry", (file: userPointer, name: userPointer, line: s32) => ...)
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as many numbers as the handler takes
export const usdt: <Arguments extends readonly number[]>(
  path: string,
  provider: string,
  name: string,
  handler: (...args: Arguments) => void,
) => void = atBuildTime("usdt");

type Struct<Name extends string> = Name extends keyof KernelStructs ? KernelStructs[Name] : never;

/** What iterators go over, by kind. Others than these are taken as well, without their types. */
export interface Iterators {
  task: { readonly task: Struct<"task_struct"> };
  task_file: { readonly task: Struct<"task_struct">; readonly fd: u32; readonly file: Struct<"file"> };
  task_vma: { readonly task: Struct<"task_struct">; readonly vma: Struct<"vm_area_struct"> };
  bpf_map: { readonly map: Struct<"bpf_map"> };
  bpf_prog: { readonly prog: Struct<"bpf_prog"> };
  cgroup: { readonly cgroup: Struct<"cgroup"> };
  tcp: { readonly sk_common: Struct<"sock_common">; readonly uid: u32 };
  udp: { readonly udp_sk: Struct<"udp_sock">; readonly uid: u32; readonly bucket: number };
  unix: { readonly unix_sk: Struct<"unix_sock">; readonly uid: u32 };
}

/** All objects of a kind that there are when the monitor runs, one by one: threads, open files, sockets. */
export const iterator: <Name extends string>(
  kind: Name,
  handler: Handler<Name extends keyof Iterators ? Iterators[Name] : never>,
) => void = atBuildTime("iterator");

export type Rate = { readonly hz: number } | { readonly milliseconds: number } | { readonly seconds: number };

/** At regular moments on every CPU, whatever runs there. */
export const profile: (every: Rate, handler: () => void) => void = atBuildTime("profile");
/** At regular moments on one CPU. */
export const interval: (every: Rate, handler: () => void) => void = atBuildTime("interval");

export type PerfEvent =
  | "cpu-clock"
  | "task-clock"
  | "page-faults"
  | "context-switches"
  | "cpu-migrations"
  | "minor-faults"
  | "major-faults"
  | "alignment-faults"
  | "emulation-faults";

/** At each `period`-th event, or so often that it is `frequency` times a second. */
export const perfEvent: (
  event: PerfEvent,
  every: { readonly period: number } | { readonly frequency: number },
  handler: () => void,
) => void = atBuildTime("perfEvent");
