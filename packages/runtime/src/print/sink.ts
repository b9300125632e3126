/** Where readings go. A sink turns typed values into what a person or a machine reads; it never knows which probe fed it. */
import type { Value } from "../decode/value.ts";
import type { Printf } from "../format/printf.ts";
import type { MapReading } from "./map-reading.ts";

export interface Sink {
  /** All probes are attached. */
  attachedProbes(count: number): void;
  printf(format: Printf, args: readonly Value[]): void;
  /** The formatted time of a time() call. */
  time(text: string): void;
  /** An event of the monitor's stream of this name; one value for each of its fields. */
  stream(name: string, values: readonly Value[]): void;
  /** print() of an expression. */
  value(value: Value): void;
  /** print() of a map, or a map at exit. */
  map(reading: MapReading, options: MapOptions): void;
  lostEvents(loss: LostEvents): void;
  /** Something that the user should know or do: one sentence or a few, without a newline. */
  warning(message: string): void;
  /** No more events; the maps that are printed at exit come next. */
  end(): void;
}

export interface MapOptions {
  /** Only this many of the largest rows; 0 for all. */
  readonly top: number;
  /** Values are divided by this; 1 leaves them. */
  readonly div: number;
}

export interface LostEvents {
  readonly events: number;
  /** By CPU number, those that lost any. */
  readonly cpus: ReadonlyMap<number, number>;
}
