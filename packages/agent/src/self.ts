import { type Family, scalarFamily } from "./exposition/family.ts";
import { renderLabels } from "./exposition/labels.ts";
import { MONITOR_STATES, type MonitorStatus } from "./monitor/status.ts";

const LOSSES = [
  ["ring_full", "ringFull"],
  ["map_full", "mapFull"],
  ["stack_lost", "stackLost"],
  ["stack_incomplete", "stackIncomplete"],
] as const;

/**
 * What the agent says of itself and of its monitors.
 * @param scrapeStarted by performance.now()
 */
export function* selfFamilies(
  monitors: readonly MonitorStatus[],
  version: string,
  scrapeStarted: number,
): Generator<Family> {
  yield scalarFamily(
    "gauge",
    { name: "sonde_monitor_state", help: "1 for the state that a monitor is in" },
    monitors.flatMap((m) =>
      MONITOR_STATES.map(
        (state) => [renderLabels(["monitor", "state"], [m.name, state]), m.state === state ? 1 : 0] as const,
      ),
    ),
  );
  yield scalarFamily(
    "counter",
    {
      name: "sonde_monitor_lost",
      help: "What the kernel side had no room for, by reason, since the monitor was switched on",
    },
    monitors.flatMap((m) =>
      LOSSES.map(([reason, key]) => [renderLabels(["monitor", "reason"], [m.name, reason]), m.lost[key]] as const),
    ),
  );
  const cpu = process.cpuUsage();
  yield scalarFamily(
    "counter",
    { name: "process_cpu_seconds", help: "CPU time of the agent, user and system", unit: "seconds" },
    [["", (cpu.user + cpu.system) / 1e6]],
  );
  yield scalarFamily(
    "gauge",
    { name: "process_resident_memory_bytes", help: "Resident memory of the agent", unit: "bytes" },
    [["", process.memoryUsage.rss()]],
  );
  yield scalarFamily(
    "gauge",
    {
      name: "process_start_time_seconds",
      help: "When the agent was started, in seconds since 1970",
      unit: "seconds",
    },
    [["", Math.round(performance.timeOrigin / 10) / 100]],
  );
  yield scalarFamily("gauge", { name: "sonde_build_info", help: "1, with the version of the agent" }, [
    [renderLabels(["version", "node"], [version, process.versions.node]), 1],
  ]);
  yield scalarFamily(
    "gauge",
    {
      name: "sonde_scrape_duration_seconds",
      help: "Time that reading the maps for this answer took",
      unit: "seconds",
    },
    [["", Math.round((performance.now() - scrapeStarted) * 1000) / 1e6]],
  );
}
