import type { JournalEntry } from "../monitor/journal.ts";
import type { MonitorStatus } from "../monitor/status.ts";
import type { ParamValue } from "@sonde/runtime/params";

/** What the HTTP face needs of the agent; the tests give it one of their own. */
export interface AgentFace {
  list(): readonly MonitorStatus[];
  /** @throws {UnknownMonitorError} */
  show(name: string): MonitorStatus;
  /** @throws {UnknownMonitorError} */
  enable(name: string): Promise<MonitorStatus>;
  /** @throws {UnknownMonitorError} */
  disable(name: string): Promise<MonitorStatus>;
  /**
   * Another version takes over while events flow: that of `source`, else what the directory has now. A source
   * under a new name is a new monitor.
   * @throws {UnknownMonitorError} {@link MonitorSourceError} for files that are none of a monitor; {@link MonitorRequestError}
   */
  upgrade(name: string, source?: UploadedSource): Promise<MonitorStatus>;
  /** @throws {UnknownMonitorError} {@link MonitorRequestError} there is no version to go back to */
  rollback(name: string): Promise<MonitorStatus>;
  /** @throws {UnknownMonitorError} {@link ParamError} */
  setParam(name: string, param: string, value: ParamValue): Promise<MonitorStatus>;
  /** The last things that happened to it, and what it printed. @throws {UnknownMonitorError} */
  logs(name: string): readonly JournalEntry[];
  /** Forgets a monitor that came by the API. @throws {UnknownMonitorError} {@link MonitorRequestError} it is a file of the directory */
  remove(name: string): Promise<void>;
  /** Whether every monitor that is to be on has been tried. */
  readonly ready: boolean;
}

/** A file that came with a request. */
export interface UploadedSource {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** As base64, where the sender has signed it. */
  readonly signature?: string;
}

export class UnknownMonitorError extends Error {
  override readonly name = "UnknownMonitorError";
  constructor(monitor: string, known: readonly string[]) {
    super(`there is no monitor '${monitor}'; there are ${known.length === 0 ? "none" : known.join(", ")}`);
  }
}
