/**
 * The manifest says what the bytes that come out of the kernel mean: which maps a user named and
 * how their keys and values are laid out, and what each ring-buffer record holds. Readers decode by
 * it; sinks print by it. Offsets and sizes are in bytes; integers are in the machine's byte order.
 */
import type { MonitorView } from "./monitor.ts";
import type { UnwindView } from "./unwind.ts";

export interface Manifest {
  readonly maps: readonly MapView[];
  /** Ring-buffer records by the u32 id at their start. */
  readonly events: readonly EventView[];
  /** The map of type ringbuf that carries the events; absent when nothing emits. */
  readonly ring?: string;
  /** The perf event array that carries packets, each behind a record of its event; absent when none are captured. */
  readonly packets?: string;
  /** A per-CPU array of u64 counters, one slot for each {@link LossCounter}. */
  readonly losses?: string;
  /** An array of one entry, written before the first program runs: u64 of the kernel's boot-time clock (bpf_ktime_get_boot_ns), u64 nanoseconds from 1970 to the boot. */
  readonly start?: string;
  /** The maps by which user stacks are unwound; absent where frame pointers are all that is followed. */
  readonly unwind?: UnwindView;
  /** What helper results the programs check: slot ids in the records of kind "helperError". */
  readonly config: SessionConfig;
  /** Present in objects that are monitors: what is exported, streamed and set. */
  readonly monitor?: MonitorView;
}

/** Slots of the `losses` map, each counted for every possible CPU. */
export const LossCounter = { RingFull: 0, MapFull: 1, StackLost: 2 } as const;
export type LossCounter = (typeof LossCounter)[keyof typeof LossCounter];
export const LOSS_COUNTERS = 3;

export interface SessionConfig {
  /** bpftrace's `print_maps_on_exit`. */
  readonly printMapsOnExit: boolean;
  readonly stackMode: StackMode;
  /** bpftrace's `cpp_demangle`: whether names of C++ and Rust are shown as their authors wrote them; true unless given. */
  readonly demangle?: boolean;
  /** What the kernel does not let be probed is left out, with or without a word; an error unless given. */
  readonly missingProbes?: "warn" | "ignore";
  /** Programs write to the kernel's trace pipe, which must be on before the first of them runs. */
  readonly tracePipe?: boolean;
  /** Size of each CPU's ring for packets, in pages of 4096 bytes, a power of two. */
  readonly packetPages?: number;
  /** The most that cat() reads of a file, in bytes. */
  readonly catBytes?: number;
  /** bpftrace's `show_debug_info`: whether user stacks show lines of the source and inlined functions where the program has them; true unless given. */
  readonly sourceLines?: boolean;
}

export type StackMode = "bpftrace" | "perf" | "raw" | "build_id";

/** A map that the user named with `@`. */
export interface MapView {
  /** As written: "@", "@start". */
  readonly name: string;
  /** The MapSpec that holds it. */
  readonly map: string;
  /** One for each key part, in order; empty for a map without keys. Offsets are into the key. */
  readonly keys: readonly Field[];
  readonly value: ValueView;
  /** The loss counter raised when it is full is LossCounter.MapFull, unless there is `other`; this is its size, for the message. */
  readonly maxEntries: number;
  /** Where values go whose key found the map full. */
  readonly other?: OtherView;
}

/**
 * An array of one entry, per CPU where the map is: the value of all keys that the map had no room for, laid out as
 * the map's own, and behind it a u64 that counts how often that happened.
 */
export interface OtherView {
  /** The MapSpec that holds it. */
  readonly map: string;
  /** Byte of the count in a value. */
  readonly countOffset: number;
}

/**
 * How a map's value is laid out. Where `perCpu` is set there is one value for each possible CPU and
 * they are merged by the rule of the kind. A value that was never written reads as absent, which for
 * maps without keys shows in a word that is zero: `count` of count/avg/stats, `set` of the others.
 *
 * | kind    | layout of one (CPU's) value                                     | merged by            |
 * | scalar  | `type` at 0; without keys also u64 `set` at `setOffset`          | (never per CPU)      |
 * | count   | u64 count, at `offset` if there are several                      | sum                  |
 * | sum     | i64 sum, u64 set                                                | sum                  |
 * | min,max | i64 value, u64 set                                              | min, max of those set|
 * | avg     | i64 total, u64 count                                            | sums                 |
 * | stats   | i64 total, u64 count                                            | sums                 |
 * | hist    | u64 buckets[N]; see {@link histogramBucket}                     | sum of each          |
 * | lhist   | u64 buckets[2 + (max-min)/step]: below, the steps, at or above; | sum of each          |
 * |         | with `bounds`, u64 buckets[bounds + 1]                          |                      |
 * | tseries | slots[intervals] of u64 number, i64 value, u64 mark             | by number, as kept   |
 *
 * hist and lhist may also keep the sum of their values, an i64 at `totalOffset`.
 *
 * A tseries has a value for each of the last intervals of time. They are numbered from 1970 on, and number n
 * is in slot n modulo `intervals`. What is kept of an interval's values: the last one (mark: its moment in
 * nanoseconds), the least, the largest (mark: 1), or their sum (mark: how many), which an average divides.
 */
export type ValueView =
  | { readonly kind: "scalar"; readonly type: DataType; readonly setOffset?: number }
  | { readonly kind: "count"; readonly perCpu: boolean; readonly offset?: number }
  | { readonly kind: "sum" | "min" | "max" | "avg" | "stats"; readonly signed: boolean; readonly perCpu: boolean }
  | {
      readonly kind: "hist";
      readonly bits: number;
      readonly buckets: number;
      readonly totalOffset?: number;
      readonly perCpu: boolean;
    }
  | {
      readonly kind: "lhist";
      readonly min: number;
      readonly max: number;
      readonly step: number;
      /** Instead of steps: the first value above each bucket but the last, rising. */
      readonly bounds?: readonly number[];
      readonly buckets: number;
      readonly totalOffset?: number;
      readonly perCpu: boolean;
    }
  | {
      readonly kind: "tseries";
      /** Nanoseconds. */
      readonly interval: number;
      readonly intervals: number;
      readonly keep: SeriesKeep;
      readonly signed: boolean;
      readonly perCpu: boolean;
    };

export type SeriesKeep = "last" | "min" | "max" | "sum" | "avg";
/** Of one slot of a tseries: number, value, mark. */
export const SERIES_SLOT_BYTES = 24;

/** What bucket `index` of an lhist covers: [low, high). */
export function linearBounds(
  { min, step, bounds, buckets }: Extract<ValueView, { kind: "lhist" }>,
  index: number,
): { readonly low: number; readonly high: number } {
  const above = (bucket: number): number => bounds?.[bucket] ?? min + bucket * step;
  return { low: index === 0 ? -Infinity : above(index - 1), high: index === buckets - 1 ? Infinity : above(index) };
}

export interface Field {
  readonly name?: string;
  readonly offset: number;
  readonly type: DataType;
}

/** A typed run of bytes as the kernel's side wrote it. */
export type DataType =
  | { readonly kind: "int"; readonly size: 1 | 2 | 4 | 8; readonly signed: boolean }
  | { readonly kind: "bool"; readonly size: 1 }
  | {
      readonly kind: "enum";
      readonly size: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly names: Readonly<Record<string, string>>;
    }
  /** A bit field of C: `bits` of the integer of `size` bytes here, from bit `shift` on. */
  | {
      readonly kind: "bits";
      readonly size: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly shift: number;
      readonly bits: number;
    }
  /** Printed in hexadecimal. */
  | { readonly kind: "pointer"; readonly size: 8 }
  /** NUL-terminated, or full; behind one without room for more, which may have been cut, stands `cut`. */
  | { readonly kind: "string"; readonly size: number; readonly cut?: string }
  /** u32 length, then the bytes; `size` counts both. */
  | { readonly kind: "buffer"; readonly size: number }
  /**
   * i64 id in the stack map `map` (negative: an errno), u32 pid (0: none), u32 padding. The map is of type
   * stack_trace, or a hash by u64 of {@link UnwoundStack}.
   */
  | {
      readonly kind: "stack";
      readonly size: 16;
      readonly user: boolean;
      readonly map: string;
      readonly mode: StackMode;
      readonly frames: number;
    }
  /** u64 address; for a user symbol then u32 pid, u32 padding. */
  | { readonly kind: "symbol"; readonly size: 8 | 16; readonly user: boolean }
  /** A number or address whose text is found when it is read: see {@link Naming}. */
  | { readonly kind: "named"; readonly size: number; readonly by: Naming }
  /** Fields at their offsets. */
  | { readonly kind: "tuple"; readonly size: number; readonly fields: readonly Field[] }
  | { readonly kind: "record"; readonly size: number; readonly fields: readonly Field[] }
  | { readonly kind: "array"; readonly size: number; readonly length: number; readonly element: DataType };

/**
 * How what a program keeps becomes a text.
 *
 * | kind      | what is kept                                              | text                              |
 * | inet      | u64 address family, 16 bytes of address                   | 127.0.0.1, fe80::1                |
 * | mac       | 6 bytes, 2 of padding                                     | 02:42:AC:11:00:02                 |
 * | time      | u64 nanoseconds since boot                                | by strftime's `format`            |
 * | cgroup    | u64 id of a control group                                 | its path, in hierarchies that match `filter` |
 * | user      | u64 user id                                               | its name in the user database     |
 * | comm      | u64 process id                                            | the process's name                |
 * | error, signal, syscall | i64 number                                   | "No such file or directory", SIGKILL, openat |
 */
export type Naming =
  | { readonly kind: "inet" | "mac" | "user" | "comm" | "error" | "signal" }
  | { readonly kind: "time"; readonly format: string }
  | { readonly kind: "cgroup"; readonly filter: string }
  | { readonly kind: "syscall"; readonly arch: "x86_64" | "aarch64" };

/** What one ring-buffer record asks for. Every record starts with u32 id, u32 CPU; fields follow at their offsets. */
export interface EventView {
  readonly id: number;
  /** Bytes of the whole record. */
  readonly size: number;
  readonly action: EventAction;
  readonly fields: readonly Field[];
}

export type EventAction =
  /** cat(format): the file of that name; system(format): what the command prints. */
  | { readonly kind: "cat" | "system"; readonly format: string }
  /** errorf, warnf and failed assertions; `place` is where it stands: "stdin:1:9-62". */
  | { readonly kind: "say"; readonly severity: "error" | "warning"; readonly format: string; readonly place: string }
  /** A helper failed; the field is its answer, a negative errno. */
  | { readonly kind: "helperError"; readonly helper: string; readonly place: string }
  /** join(array): the record has no fields but u32 bytes, u32 count at 8, and from 16 on as many texts, each ended by NUL. */
  | { readonly kind: "join"; readonly separator: string }
  /** print(@map[key]) of an aggregation: the fields are the key's parts, laid out as in the map. */
  | { readonly kind: "printEntry"; readonly map: string }
  /** skboutput(path, ...): not in the ring but in {@link Manifest.packets}. */
  | { readonly kind: "skboutput"; readonly path: string }
  /** unwatch(address): the field is the address. */
  | { readonly kind: "unwatch" }
  /** A stack is to be unwound of a process whose code is not known (any more): the fields are its id and the address of its mm. */
  | { readonly kind: "unwindProcess" }
  /** An event of the monitor's stream of this name: the fields are the stream's. */
  | { readonly kind: "stream"; readonly stream: string }
  /** `format` is C's; the fields are its arguments. */
  | { readonly kind: "printf"; readonly format: string }
  /** print(@map), with the optional top and div. */
  | { readonly kind: "printMap"; readonly map: string; readonly top: number; readonly div: number }
  /** print(expr): the field is the value. */
  | { readonly kind: "printValue" }
  /** print("text"): the script's own, which may hold what colours a terminal. */
  | { readonly kind: "printText"; readonly text: string }
  | { readonly kind: "clear"; readonly map: string }
  | { readonly kind: "zero"; readonly map: string }
  /** No more probes after this one; the field, if any, is the exit code, else `code`, else 0. */
  | { readonly kind: "exit"; readonly code?: number }
  /** time(format): strftime of the moment the record was read. */
  | { readonly kind: "time"; readonly format: string };
