/**
 * Where monitors come from: a file of the monitors' directory, or the same bytes sent by the API, becomes
 * an ObjectSpec whose manifest says what it is as a monitor. To add a kind of file: one implementation in
 * sources/, and a line in sources/index.ts.
 */
import type { MonitorView, ObjectSpec, Target } from "@sonde/bpf/spec";

export interface SourceFile {
  /** As it is called in the directory: "runqlat.bt". */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Another file of the same directory by its name ("biolatency.bpf.o" beside "biolatency.yaml"); undefined if there is none. */
  readonly beside: (name: string) => Uint8Array | undefined;
}

/** What a file says of itself before anything is compiled. */
export type MonitorSummary = Pick<MonitorView, "help" | "version" | "enabled" | "budget">;

export interface CompiledMonitor {
  /** `manifest.monitor` is {@link view}. */
  readonly spec: ObjectSpec;
  readonly view: MonitorView;
}

export interface MonitorSource {
  /** How names of its files end: ".bt". */
  readonly suffix: string;
  /** Names of other files that a file is made of, to be watched and kept with it. Absent: it stands alone. */
  readonly parts?: (file: string) => readonly string[];
  /** @throws {MonitorSourceError} */
  summary(file: SourceFile): MonitorSummary;
  /**
   * Everything needed to load it; nothing of the file is executed here.
   * @param name of the monitor: the file's name without its suffix
   * @throws {MonitorSourceError}
   */
  compile(name: string, file: SourceFile, target: Target): CompiledMonitor;
}

/** A file cannot be used as a monitor; the message says where and why, and may have several lines. */
export class MonitorSourceError extends Error {
  override readonly name: string = "MonitorSourceError";
}
