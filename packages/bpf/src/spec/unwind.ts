/**
 * What a program that unwinds users' stacks and the session that feeds it agree on. The program knows
 * a process by its id and finds, for an address, a range of the process's code; that leads to a section
 * of an unwind table (`@sonde/bpf/eh-frame`), which lies in a chunk; its rows name rules.
 *
 *     processes   hash             u32 process id -> {@link UnwindProcess}
 *     ranges      array, 1 value   {@link UNWIND_RANGES} times {@link UnwindRange}; those of a process are sorted
 *     chunks      array of arrays  of one value of {@link UNWIND_CHUNK_BYTES}: sections one after another
 *     rules       array, 1 value   {@link UNWIND_RULES} times a u64
 *     outcomes    per-CPU array    u64 stacks by {@link UnwindOutcome}
 *
 * ranges, chunks and rules are written by user space into memory that it shares with the kernel: what is
 * new is written to where nobody looks, and becomes known by one update of the process's entry.
 */
export interface UnwindView {
  readonly processes: string;
  readonly ranges: string;
  readonly chunks: string;
  readonly rules: string;
  readonly outcomes: string;
}

/** Byte offsets in a value of `processes`. */
export const UnwindProcess = {
  /** u64: the address of its `struct mm_struct`, which it changes for another by exec; 0 until it is seen first. */
  mm: 0,
  /** u32: its first range and their number; no ranges: user space was asked for them. */
  first: 8,
  count: 12,
  /** u32: a program has asked for its ranges (again), and user space has not answered yet. */
  asked: 16,
  /** u32: a stack was taken since user space looked last. */
  used: 20,
  size: 24,
} as const;

/** Byte offsets in a range: code of one section, or code without a table. */
export const UnwindRange = {
  /** u64: its first address, and the first one after it. */
  start: 0,
  end: 8,
  /** u64: the address of the section's first page in this process. */
  origin: 16,
  /** u32: the chunk; one that does not exist for code without a table. */
  chunk: 24,
  /** u32: the section's place in the chunk, in words. */
  base: 28,
  size: 32,
} as const;

export const UNWIND_PROCESSES = 4096;
export const UNWIND_RANGES: number = 1 << 15;
/** Of one process: what a search of 11 steps finds. */
export const UNWIND_RANGES_OF_PROCESS = 2048;
export const UNWIND_CHUNK_BYTES: number = 1 << 18;
/** 64 MB of tables at most: those of thirty programs like Node.js. */
export const UNWIND_CHUNKS = 256;
export const UNWIND_NO_CHUNK = 0xffffffff;
export const UNWIND_RULES: number = 1 << 14;

/** How the unwinding of a stack ended. */
export const UnwindOutcome = {
  /** It is deeper than the frames that were asked for. */
  cut: 0,
  /** At the first function of its thread. */
  complete: 1,
  /** The process's tables were not there yet: frame pointers were followed. */
  noTables: 2,
  /** Code without a usable rule: neither a table nor a frame pointer led on. */
  noRule: 3,
  /** Memory of the stack could not be read. */
  unreadable: 4,
  /** A return address that is in no code known of the process. */
  lost: 5,
  /** Another task ran the program on the same CPU in the meantime, as programs of uprobes may: there is no stack. */
  disturbed: 6,
} as const;
export type UnwindOutcome = (typeof UnwindOutcome)[keyof typeof UnwindOutcome];
export const UNWIND_OUTCOMES = 7;

/** Byte offsets in a value of a map of unwound stacks: u64 number of frames, then their addresses, the innermost first. */
export const UnwoundStack = { count: 0, frames: 8 } as const;
