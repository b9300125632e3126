/** What handlers can ask the kernel. */
import { atBuildTime } from "./build-time.ts";
import type { KernelStructs } from "./index.ts";
import type { kernelPointer, text, u32, u64, userPointer } from "./types.ts";

/** Nanoseconds since boot, time asleep left out. */
export const ktime: () => u64 = atBuildTime("ktime");
/** Nanoseconds since boot. */
export const bootTime: () => u64 = atBuildTime("bootTime");
/** The process (what the kernel calls a thread group). */
export const pid: () => u32 = atBuildTime("pid");
/** The thread. */
export const tid: () => u32 = atBuildTime("tid");
/** The parent process. */
export const ppid: () => u32 = atBuildTime("ppid");
export const uid: () => u32 = atBuildTime("uid");
export const gid: () => u32 = atBuildTime("gid");
export const cpu: () => u32 = atBuildTime("cpu");
/** The command's name. */
export const comm: () => text<16> = atBuildTime("comm");
export const cgroupId: () => u64 = atBuildTime("cgroupId");
/** The thread, as the kernel's declarations have it. */
export const currentTask: () => KernelStructs extends { readonly task_struct: infer Task } ? Task : never =
  atBuildTime("currentTask");
/** 32 random bits. */
export const random: () => u32 = atBuildTime("random");

// oxlint-disable typescript/no-unnecessary-type-parameters -- what is read has the type that its author says
/** A value, or a struct's fields, in the memory of the process. What can't be read is 0. */
export const readUser: <T>(from: userPointer | number) => T = atBuildTime("readUser");
/** The same in the kernel's memory. */
export const readKernel: <T>(from: kernelPointer | number | object) => T = atBuildTime("readKernel");
/** A string in the memory of the process, of at most `size` bytes (64 unless given). */
export const readUserString: <Size extends number = 64>(from: userPointer | number, size?: Size) => text<Size> =
  atBuildTime("readUserString");
/** The same in the kernel's memory. */
export const readKernelString: <Size extends number = 64>(
  from: kernelPointer | number | object | string,
  size?: Size,
) => text<Size> = atBuildTime("readKernelString");

/** The bytes of a u16, u32 or u64 the other way round: between the machine's order and the network's. */
export const byteSwap: <T extends number>(value: T) => T = atBuildTime("byteSwap");
/** The address that a pointer, or a struct in the kernel's memory, stands for. */
export const address: (of: object | number) => u64 = atBuildTime("address");
/**
 * Runs `body` with 0 to times - 1, at most 8,388,608 times, until it returns true. The verifier looks at it once,
 * however many times that is, while it follows each turn of a plain loop. Linux 5.17.
 */
export const loop: (times: number, body: (index: number) => boolean | void) => void = atBuildTime("loop");
/** 0 to end - 1, or start to end - 1, for loops: `for (const i of range(8))`. */
export const range: (startOrEnd: number, end?: number) => Iterable<number> = atBuildTime("range");
