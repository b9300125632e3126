/** Budgets and what was spent of them, as metrics. */
import { type Family, scalarFamily } from "../exposition/family.ts";
import { renderLabels } from "../exposition/labels.ts";
import type { MonitorStatus } from "../monitor/status.ts";
import type { SelfLimits } from "./self-watch.ts";

export function* budgetFamilies(
  monitors: readonly MonitorStatus[],
  limits: SelfLimits,
  economy: boolean,
): Generator<Family> {
  const each = (value: (monitor: MonitorStatus) => number | undefined): [string, number][] =>
    monitors.flatMap((monitor): [string, number][] => {
      const figure = value(monitor);
      return figure === undefined ? [] : [[renderLabels(["monitor"], [monitor.name]), figure]];
    });
  yield scalarFamily(
    "gauge",
    { name: "sonde_monitor_cpu_ratio", help: "Share of one CPU that a monitor's programs take, as last measured" },
    each(({ cost }) => cost?.cpu),
  );
  yield scalarFamily(
    "gauge",
    { name: "sonde_monitor_cpu_budget_ratio", help: "Share of one CPU that a monitor's programs may take" },
    each(({ budget }) => budget.cpu),
  );
  yield scalarFamily(
    "gauge",
    { name: "sonde_monitor_series", help: "Label sets that a monitor exported when it was last read" },
    each(({ series }) => series),
  );
  yield scalarFamily(
    "counter",
    { name: "sonde_monitor_trips", help: "How often a monitor's budget has stopped it" },
    each(({ trips }) => trips),
  );
  yield scalarFamily(
    "counter",
    {
      name: "sonde_monitor_overflows",
      help: "Values that went to a series 'other' because a map had no room for one of their own",
    },
    each(({ overflows }) => overflows),
  );
  yield scalarFamily(
    "counter",
    { name: "sonde_monitor_missed", help: "Events that happened inside a monitor's own programs and were not seen" },
    each(({ missed }) => missed),
  );
  yield scalarFamily(
    "gauge",
    { name: "sonde_agent_memory_limit_bytes", help: "Resident memory above which the agent does less", unit: "bytes" },
    [["", limits.memory]],
  );
  yield scalarFamily(
    "gauge",
    { name: "sonde_agent_cpu_limit_ratio", help: "Share of one CPU above which the agent does less" },
    [["", limits.cpu]],
  );
  yield scalarFamily(
    "gauge",
    { name: "sonde_agent_economy", help: "1 while the agent does without what it can do without" },
    [["", economy ? 1 : 0]],
  );
}
