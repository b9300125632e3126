import type { Family } from "../exposition/family.ts";
import type { MonitorStatus } from "../monitor/status.ts";

/** What the HTTP face needs of the agent; the tests give it one of their own. */
export interface AgentFace {
  list(): readonly MonitorStatus[];
  /** @throws {UnknownMonitorError} */
  enable(name: string): Promise<MonitorStatus>;
  /** @throws {UnknownMonitorError} */
  disable(name: string): Promise<MonitorStatus>;
  /** Every metric as of now. */
  families(): Iterable<Family>;
  /** Whether every monitor that is to be on has been tried. */
  readonly ready: boolean;
}

export class UnknownMonitorError extends Error {
  override readonly name = "UnknownMonitorError";
  constructor(monitor: string, known: readonly string[]) {
    super(`there is no monitor '${monitor}'; there are ${known.length === 0 ? "none" : known.join(", ")}`);
  }
}
