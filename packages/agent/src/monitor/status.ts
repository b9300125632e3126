/** Where a monitor is in its life. */
export type MonitorState = "off" | "loading" | "on" | "failed";

/** What the API says of a monitor. */
export interface MonitorStatus {
  readonly name: string;
  readonly help: string;
  readonly state: MonitorState;
  /** Why it is in this state, when there is something to say. */
  readonly reason?: string;
  /** When it came into this state, ISO 8601. */
  readonly since: string;
  /** Names of its metrics as they are exported. */
  readonly metrics: readonly string[];
  /** What the kernel side could not record since it was switched on. */
  readonly lost: { readonly ringFull: number; readonly mapFull: number; readonly stackLost: number };
}
