/** Maps: what handlers keep between events. */
import { atBuildTime } from "./build-time.ts";

/** `Length` elements one after the other. */
export interface array<Element, Length extends number> {
  readonly length: Length;
  /** Named, so that a list of so many values is one. */
  0: Element;
  [index: number]: Element;
}

export interface MapOptions {
  /** Entries that fit; 10,240 unless given. One that does not fit is counted as lost. */
  readonly maxEntries?: number;
}

/** What can be asked of every map. A look-up that finds nothing gives undefined, which must be tested. */
export interface ReadMap<Key, Value> {
  /** A number is a copy; an object is the entry itself, and changing its fields changes the map. */
  get(key: Key): Value | undefined;
  has(key: Key): boolean;
  set(key: Key, value: Value): void;
  /** Adds to the entry, which begins at 0; atomically, where CPUs share it. */
  increment(key: Value extends number ? Key : never, by?: number): void;
}

export interface HashMap<Key, Value> extends ReadMap<Key, Value> {
  /** `get`, then `delete`: for a start that is met by its end. */
  take(key: Key): Value | undefined;
  /** Whether there was such an entry. */
  delete(key: Key): boolean;
}

export type ArrayMap<Value> = ReadMap<number, Value>;

/** A variable that all handlers share. `+=` and `++` on a number are atomic. */
export interface Global<Value> {
  value: Value;
}

export const hash: <Key, Value>(options?: MapOptions) => HashMap<Key, Value> = atBuildTime("hash");
/** Forgets the entries that were not used for longest instead of refusing new ones. */
export const lruHash: <Key, Value>(options?: MapOptions) => HashMap<Key, Value> = atBuildTime("lruHash");
/** A value for each CPU: no CPU waits for another, readers add them up. */
export const perCpuHash: <Key, Value>(options?: MapOptions) => HashMap<Key, Value> = atBuildTime("perCpuHash");
export const lruPerCpuHash: <Key, Value>(options?: MapOptions) => HashMap<Key, Value> = atBuildTime("lruPerCpuHash");
/** Entries 0 to maxEntries - 1, all there from the beginning. */
export const array: <Value>(options?: MapOptions) => ArrayMap<Value> = atBuildTime("array");
export const perCpuArray: <Value>(options?: MapOptions) => ArrayMap<Value> = atBuildTime("perCpuArray");
/** A function that the kernel runs after a while, by itself: there is no event. */
export interface Timer {
  /** Runs it after so many nanoseconds; a timer that is running already begins anew. */
  start(nanoseconds: number): void;
  /** Whether it was running. */
  cancel(): boolean;
}

/**
 * For handlers of hooks that are no tracepoints or probes: those have interval(). Linux 5.15.
 *
 *     const quiet = timer(() => (idle.value += 1));
 *     xdp("eth0", () => quiet.start(1_000_000_000));
 */
export const timer: (run: () => void) => Timer = atBuildTime("timer");
/** Begins as `initial`, or as zeros. */
export const global: <Value>(initial?: Value) => Global<Value> = atBuildTime("global");
