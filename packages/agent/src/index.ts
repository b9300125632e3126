/** The node daemon: monitors that are switched on and off while it runs, and their metrics over HTTP. */
export type { KubernetesOptions } from "./identity/kubernetes/follow.ts";
export { type Agent, type AgentOptions, detachAgent, type LogLevel, startAgent } from "./agent.ts";
export type { JournalEntry } from "./monitor/journal.ts";
export type { MonitorStatus } from "./monitor/status.ts";
export type { PushOptions } from "./push/options.ts";
export { keptCapabilities } from "./security/capabilities.ts";
