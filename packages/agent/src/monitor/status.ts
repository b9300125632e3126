/**
 * Where a monitor is in its life:
 *
 *     off ──enable──> loading ──> on <──> upgrading         on ──budget──> tripped ──enable──> loading
 *                        └──────> failed ──enable, a new file──> loading
 */
import type { BudgetView, ParamView } from "@sonde/bpf/spec";
import type { LossTotals } from "@sonde/runtime";
import type { NeededCapability } from "../security/capabilities.ts";
import type { ParamValue } from "@sonde/runtime/params";

export type MonitorState = "off" | "loading" | "on" | "upgrading" | "tripped" | "failed";

export const MONITOR_STATES: readonly MonitorState[] = ["off", "loading", "on", "upgrading", "tripped", "failed"];

/** What the API says of a monitor. */
export interface MonitorStatus {
  readonly name: string;
  readonly help: string;
  readonly state: MonitorState;
  /** Why it is in this state, or why the last change asked for did not happen. */
  readonly reason?: string;
  /** When it came into this state, ISO 8601. */
  readonly since: string;
  /** Of the version that runs. */
  readonly version?: RunningVersion;
  /** Names of its metrics as they are exported. */
  readonly metrics: readonly string[];
  readonly params: readonly ParamStatus[];
  /** What of the agent's capabilities the version that runs makes use of, and for what. */
  readonly capabilities: readonly NeededCapability[];
  /** What the kernel side could not record. */
  readonly lost: LossTotals;
  /** Events that were not seen because they happened inside the monitor's own programs. */
  readonly missed: number;
  /** Values that went to a series `other` because a map had no room for one of their own. */
  readonly overflows: number;
  /** Label sets that it exported when it was last read. */
  readonly series: number;
  /** How often its budget has stopped it since the agent started. */
  readonly trips: number;
  /** What it may cost. */
  readonly budget: BudgetView & { readonly cpu: number };
  /** What it costs, as last measured; absent until it is. */
  readonly cost?: MonitorCost;
}

export interface RunningVersion {
  /** Counts deployments. */
  readonly number: number;
  /** Whatever its author calls it. */
  readonly name?: string;
  /** Of its files. */
  readonly digest: string;
  readonly file: string;
  readonly since: string;
  /** Whether it has been healthy for long enough to stay. */
  readonly settled: boolean;
  /** Whether there is a version to go back to. */
  readonly canRollBack: boolean;
  readonly attached: readonly AttachedPlace[];
}

export interface AttachedPlace {
  readonly place: string;
  /** How an upgrade hands events over: behind a "root" program or by the "link" exactly; "again" may miss some. */
  readonly way: "root" | "link" | "again";
  /** Whether it goes on when the agent ends. */
  readonly pinned: boolean;
}

export interface ParamStatus extends Pick<ParamView, "name" | "help" | "initial" | "min" | "max"> {
  readonly value: ParamValue;
}

export interface MonitorCost {
  /** Share of one CPU. */
  readonly cpu: number;
  readonly eventsPerSecond: number;
  readonly nanosecondsPerEvent: number;
}
