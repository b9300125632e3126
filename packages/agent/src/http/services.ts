import type { History } from "../history/history.ts";
import type { Readings } from "../metrics/readings.ts";
import type { StreamHub } from "../streams/hub.ts";
import type { AgentFace } from "./agent-face.ts";

/** What the routes work with. */
export interface Services {
  readonly agent: AgentFace;
  /** Of the agent. */
  readonly version: string;
  readonly readings: Readings;
  readonly history: History;
  readonly streams: StreamHub;
}
