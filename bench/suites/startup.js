// From launch to attached, and out again: what a user waits for and pays before the first event.
import { measure } from "../lib/child.js";
import { takeTurns } from "../lib/statistics.js";

// The last probe to be attached ends the script, so that every other one has been attached by then.
const end = "interval:ms:1 { exit(); }";
const opensnoop = `
  tracepoint:syscalls:sys_enter_open, tracepoint:syscalls:sys_enter_openat { @file[tid] = args->filename; }
  tracepoint:syscalls:sys_exit_open, tracepoint:syscalls:sys_exit_openat /@file[tid]/ {
    $fd = args->ret > 0 ? args->ret : -1;
    printf("%-6d %-16s %4d %s\\n", pid, comm, $fd, str(@file[tid]));
    delete(@file[tid]);
  }
  END { clear(@file); }`;

const scripts = {
  BEGIN: "BEGIN { exit(); }",
  "count by comm": `tracepoint:raw_syscalls:sys_enter { @[comm] = count(); } ${end}`,
  "syscall histogram": `tracepoint:raw_syscalls:sys_enter { @[args->id] = hist(args->id); } ${end}`,
  "opensnoop-like": `${opensnoop} ${end}`,
};

/**
 * @param {Record<string, readonly string[]>} contenders command lines that take a program as next word
 * @param {number} rounds
 * @returns {Promise<import("../lib/report.js").Row[]>}
 */
export async function startup(contenders, rounds) {
  const rows = [];
  for (const [name, script] of Object.entries(scripts)) {
    const runs = Object.entries(contenders).map(([who, command]) => [who, () => measure([...command, script])]);
    const costs = await takeTurns(rounds, Object.fromEntries(runs));
    for (const [quantity, key] of /** @type {const} */ ([
      ["CPU ms", "cpu"],
      ["wall ms", "wall"],
      ["peak MB", "memory"],
    ])) {
      const [ours, peer] = ["sonde", "peer"].map((who) => (costs[who] ?? []).map((cost) => cost[key]));
      rows.push({ suite: "startup", name, quantity, ours: ours ?? [], peer: peer ?? [] });
    }
  }
  return rows;
}
