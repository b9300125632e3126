/** What the agent's API answers, as far as it is shown here. */
export type { JournalEntry, MonitorStatus } from "@sonde/agent";
