/** Where readings go. A sink turns typed values into what a person or a machine reads; it never knows which probe fed it. */
import type { Value } from "../decode/value.ts";
import type { Bytes } from "../decode/bytes.ts";
import type { Line } from "../format/line.ts";
import type { Printf } from "../format/printf.ts";
import type { MapReading } from "./map-reading.ts";

export interface Sink {
  /** All probes are attached. */
  attachedProbes(count: number): void;
  printf(format: Printf, args: readonly Value[]): void;
  /** A line of printf that is plain bytes; absent where text must be looked at. */
  readonly line?: ((line: Line, source: Bytes, offset: number) => void) | undefined;
  /** How a value is shown as text. */
  readonly show: (value: Value) => string;
  /** A file's content, a command's output, an array of strings joined to a line. */
  text(kind: "cat" | "syscall" | "join", text: string): void;
  /** errorf(), warnf(), a failed assertion. @param place where it stands in the script */
  say(severity: "error" | "warning", place: string, format: Printf, args: readonly Value[]): void;
  /** The formatted time of a time() call. */
  time(text: string): void;
  /** An event of the monitor's stream of this name; one value for each of its fields. */
  stream(name: string, values: readonly Value[]): void;
  /** print() of an expression. `own`: a text of the script, which nobody else has chosen. */
  value(value: Value, own?: boolean): void;
  /** print() of a map, or a map at exit. */
  map(reading: MapReading, options: MapOptions): void;
  /** A helper answered `code`, a negative errno. Sinks that no session for a script at hand writes to need neither this nor the two that follow. */
  helperError?(helper: string, place: string, code: number): void;
  /** How a test ended. */
  test?(name: string, passed: boolean): void;
  /** What one run of each benchmark takes, in nanoseconds. */
  benchmarks?(nanoseconds: ReadonlyMap<string, number>): void;
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
