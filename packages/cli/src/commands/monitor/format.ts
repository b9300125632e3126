/** Monitors as people read them. */
import { escapeTerminal } from "@sonde/runtime";
import { table } from "../../output/table.ts";
import type { JournalEntry, MonitorStatus } from "./model.ts";

/** One line for each. */
export function monitorTable(monitors: readonly MonitorStatus[]): string {
  if (monitors.length === 0) return "The agent has no monitors.\n";
  const header = ["MONITOR", "STATE", "SINCE", "VERSION", "CPU", "EVENTS/S", "LOST", "WHAT IT SHOWS"];
  return table(header, monitors.map(row));
}

function row(monitor: MonitorStatus): readonly (string | number)[] {
  const { name, state, since, version, cost, lost, help, reason } = monitor;
  return [
    name,
    state,
    age(since),
    version === undefined ? "-" : `${version.name ?? version.number}${version.settled ? "" : " (new)"}`,
    cost === undefined ? "-" : percent(cost.cpu),
    cost === undefined ? "-" : String(Math.round(cost.eventsPerSecond)),
    lost.ringFull + lost.mapFull + lost.stackLost,
    escapeTerminal(reason === undefined ? help : firstLine(reason)),
  ];
}

/** All there is to know of one. */
export function monitorDetail(monitor: MonitorStatus): string {
  const { name, help, state, reason, since, version, metrics, params, lost, missed, budget, cost } = monitor;
  const facts: (readonly [string, string])[] = [
    ["Monitor", `${name}: ${escapeTerminal(help)}`],
    ["State", `${state} for ${age(since)}, since ${since}`],
  ];
  if (reason !== undefined) facts.push(["Reason", escapeTerminal(reason.trimEnd())]);
  if (version !== undefined) {
    const { number, name: called, file, digest, settled, canRollBack, attached } = version;
    facts.push([
      "Version",
      `${called === undefined ? "" : `${called}, `}deployment ${number} of ${file} (${digest.slice(0, 12)})`,
    ]);
    if (!settled) facts.push(["", "new: the one before is kept until this one has done well for a while"]);
    if (canRollBack) facts.push(["", `go back with 'sonde monitor rollback ${name}'`]);
    for (const [i, { place, way, pinned }] of attached.entries()) {
      const kept = pinned ? "pinned" : "not pinned";
      facts.push([
        i === 0 ? "Attached" : "",
        `${place} (${way === "again" ? "upgrades may miss events" : "exact"}, ${kept})`,
      ]);
    }
  }
  if (metrics.length > 0) facts.push(["Metrics", metrics.join(", ")]);
  for (const [i, { name: param, value, initial, help: says }] of params.entries())
    facts.push([
      i === 0 ? "Parameters" : "",
      `${param}=${JSON.stringify(value)} (initially ${JSON.stringify(initial)}): ${escapeTerminal(says)}`,
    ]);
  for (const [i, { name: capability, reason: use }] of monitor.capabilities.entries())
    facts.push([i === 0 ? "Needs" : "", `CAP_${capability.toUpperCase()} ${escapeTerminal(use)}`]);
  const series = budget.series === undefined ? "" : `, ${budget.series} series`;
  facts.push(["Budget", `${percent(budget.cpu)} of a CPU${series}`]);
  if (cost !== undefined)
    facts.push([
      "Cost",
      `${percent(cost.cpu)} of a CPU: ${Math.round(cost.eventsPerSecond)} events a second, ${Math.round(cost.nanosecondsPerEvent)} ns each`,
    ]);
  facts.push([
    "Lost",
    `${lost.ringFull} events, ${lost.mapFull} map updates, ${lost.stackLost} stacks; ${missed} missed in its own programs` +
      (lost.stackIncomplete === 0 ? "" : `; ${lost.stackIncomplete} stacks are incomplete`),
  ]);
  const width = Math.max(...facts.map(([title]) => title.length));
  return facts
    .map(([title, text]) => `${title.padEnd(width)}  ${text.replaceAll("\n", `\n${" ".repeat(width + 2)}`)}\n`)
    .join("");
}

export function logLines(entries: readonly JournalEntry[]): string {
  return entries.map(({ time, level, text }) => `${time} ${level.padEnd(7)} ${escapeTerminal(text)}\n`).join("");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 0)}%`;
}

/** "12s", "3m", "5h", "2d". */
function age(since: string): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86_400)}d`;
}

function firstLine(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
