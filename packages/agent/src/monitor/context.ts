/** What every monitor of an agent shares. */
import type { Target } from "@sonde/bpf/spec";
import type { Kernel } from "@sonde/kernel/sys";
import type { Value } from "@sonde/runtime";
import type { IdentityService } from "../identity/service.ts";
import type { TrustedKeys } from "../security/signatures.ts";
import type { StateStore } from "../state/store.ts";
import type { MonitorStatus } from "./status.ts";

export interface MonitorContext {
  readonly kernel: Kernel;
  readonly target: Target;
  readonly store: StateStore;
  /** The folder of all monitors' pins; without one nothing outlives the process. */
  readonly pins?: string;
  readonly identity: IdentityService;
  /** Milliseconds that a new version must be healthy before the one before it is let go of. */
  readonly healthWindow: number;
  /** Share of one CPU that a monitor may cost whose file does not say. */
  readonly cpuBudget: number;
  /** Told of what no monitor's state says. */
  readonly warn: (message: string) => void;
  /** Only what they signed is loaded; absent: everything is. */
  readonly trusted?: TrustedKeys;
  /** Told of every change of state. */
  readonly onChange: (status: MonitorStatus) => void;
  /** An event of a monitor's stream. */
  readonly onEvent: (monitor: string, stream: string, values: readonly Value[]) => void;
  /** A line that a monitor printed. */
  readonly onPrint: (monitor: string, line: string) => void;
}
