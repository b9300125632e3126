import type { Readings } from "../metrics/readings.ts";
import type { AgentFace } from "./agent-face.ts";

/** What the routes work with. */
export interface Services {
  readonly agent: AgentFace;
  readonly readings: Readings;
}
