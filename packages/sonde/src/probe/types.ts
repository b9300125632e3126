/** The types of values in handlers. Numbers know their width, so that a wide one is not kept in a narrow place by mistake. */
import { atBuildTime } from "./build-time.ts";

/** Unsigned integers of 8 to 64 bits. What is computed from them is a plain `number`, which fits everywhere. */
export type u8 = number & { readonly __bits?: 8 };
export type u16 = number & { readonly __bits?: 8 | 16 };
export type u32 = number & { readonly __bits?: 8 | 16 | 32 };
export type u64 = number & { readonly __bits?: 8 | 16 | 32 | 64 };
/** Signed integers of 8 to 64 bits. */
export type s8 = number & { readonly __bits?: 8 };
export type s16 = number & { readonly __bits?: 8 | 16 };
export type s32 = number & { readonly __bits?: 8 | 16 | 32 };
export type s64 = number & { readonly __bits?: 8 | 16 | 32 | 64 };

/** Cuts a number to a width. Wide constants are bigints: u64(0xcbf29ce484222325n). */
export const u8: (value: number | bigint) => u8 = atBuildTime("u8");
export const u16: (value: number | bigint) => u16 = atBuildTime("u16");
export const u32: (value: number | bigint) => u32 = atBuildTime("u32");
export const u64: (value: number | bigint) => u64 = atBuildTime("u64");
export const s8: (value: number | bigint) => s8 = atBuildTime("s8");
export const s16: (value: number | bigint) => s16 = atBuildTime("s16");
export const s32: (value: number | bigint) => s32 = atBuildTime("s32");
export const s64: (value: number | bigint) => s64 = atBuildTime("s64");

/** A text of at most `Size` bytes, ended by a NUL unless it fills them. */
export type text<Size extends number> = string & { readonly __size?: Size };

/** An address in the memory of the process: read by readUser and readUserString. */
export type userPointer = number & { readonly __user?: true };
/** An address in the kernel's memory that is no struct's: read by readKernel and readKernelString. */
export type kernelPointer = number & { readonly __kernel?: true };

/** A stack that was taken, to be shown by name. */
export interface kernelStack {
  readonly __stack: "kernel";
}
/** Where the kernel is. */
export const kernelStack: () => kernelStack = atBuildTime("kernelStack");
export interface userStack {
  readonly __stack: "user";
}
/** Where the process is. */
export const userStack: () => userStack = atBuildTime("userStack");

/**
 * How a value of the kernel's becomes text. `Value` is what a handler gives; with `Automatic`, the kernel
 * knows it by itself, and a handler need not.
 */
export interface Decoder<Value, Automatic extends boolean = false> {
  readonly __value?: Value;
  readonly __automatic: Automatic;
}

/** Labels of a metric, or fields of a stream. */
export type Decoders = Readonly<Record<string, Decoder<never, boolean> | Decoder<unknown, boolean>>>;

type ValueOf<D> = D extends Decoder<infer Value, boolean> ? Value : never;

/** An object with a value for each decoder. */
export type ValuesOf<D> = {
  readonly [K in keyof D as D[K] extends { readonly __automatic: true } ? never : K]: ValueOf<D[K]>;
} & {
  readonly [K in keyof D as D[K] extends { readonly __automatic: true } ? K : never]?: ValueOf<D[K]>;
};

/** The same as the last argument of a call, which may be left out where the kernel knows all of it. */
export type Given<D> = Partial<ValuesOf<D>> extends ValuesOf<D> ? [values?: ValuesOf<D>] : [values: ValuesOf<D>];
