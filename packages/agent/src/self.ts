import type { Family } from "./exposition/family.ts";
import { renderLabels } from "./exposition/labels.ts";
import type { MonitorState, MonitorStatus } from "./monitor/status.ts";

const STATES: readonly MonitorState[] = ["off", "loading", "on", "failed"];
const LOSSES = [
  ["ring_full", "ringFull"],
  ["map_full", "mapFull"],
  ["stack_lost", "stackLost"],
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
  yield {
    type: "gauge",
    name: "sonde_monitor_state",
    help: "1 for the state that a monitor is in",
    unit: "",
    series: monitors.flatMap((m) =>
      STATES.map((state) => ({
        labels: renderLabels(["monitor", "state"], [m.name, state]),
        value: m.state === state ? 1 : 0,
      })),
    ),
  };
  yield {
    type: "counter",
    name: "sonde_monitor_lost",
    help: "What the kernel side had no room for, by reason, since the monitor was switched on",
    unit: "",
    series: monitors.flatMap((m) =>
      LOSSES.map(([reason, key]) => ({
        labels: renderLabels(["monitor", "reason"], [m.name, reason]),
        value: m.lost[key],
      })),
    ),
  };
  const cpu = process.cpuUsage();
  yield {
    type: "counter",
    name: "process_cpu_seconds",
    help: "CPU time of the agent, user and system",
    unit: "seconds",
    series: [{ labels: "", value: (cpu.user + cpu.system) / 1e6 }],
  };
  yield {
    type: "gauge",
    name: "process_resident_memory_bytes",
    help: "Resident memory of the agent",
    unit: "bytes",
    series: [{ labels: "", value: process.memoryUsage.rss() }],
  };
  yield {
    type: "gauge",
    name: "process_start_time_seconds",
    help: "When the agent was started, in seconds since 1970",
    unit: "seconds",
    series: [{ labels: "", value: Math.round(performance.timeOrigin / 10) / 100 }],
  };
  yield {
    type: "gauge",
    name: "sonde_build_info",
    help: "1, with the version of the agent",
    unit: "",
    series: [{ labels: renderLabels(["version", "node"], [version, process.versions.node]), value: 1 }],
  };
  yield {
    type: "gauge",
    name: "sonde_scrape_duration_seconds",
    help: "Time that reading the maps for this answer took",
    unit: "seconds",
    series: [{ labels: "", value: Math.round((performance.now() - scrapeStarted) * 1000) / 1e6 }],
  };
}
