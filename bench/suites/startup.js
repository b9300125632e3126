// From launch to attached, and out again: what a user waits for and pays before the first event. Sonde and
// bpftrace, Debian's and the newest.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { root } from "../../tools/lib/environment.js";
import { measure } from "../lib/child.js";
import { newestBpftrace, versionOf } from "../lib/peers.js";
import { takeTurns } from "../lib/statistics.js";

// The last probe to be attached ends the script, so that every other one has been attached by then.
const end = "interval:ms:1 { exit(); }";
const tools = path.join(root, "bench/tools");
/** Real tools, of ours, that old and new versions of the language take. What needs kprobes is left out where there are none. */
const names = readdirSync(tools)
  .filter((file) => file.endsWith(".bt"))
  .sort();

/** @type {Record<string, string>} */
const scripts = {
  BEGIN: "BEGIN { exit(); }",
  ...Object.fromEntries(
    names
      .map((file) => [path.basename(file, ".bt"), readFileSync(path.join(tools, file), "utf8")])
      .filter(([, text]) => !text?.includes("kprobe:") || hasKprobes())
      .map(([name, text]) => [name, `${text}\n${end}`]),
  ),
};

function hasKprobes() {
  return existsSync("/sys/bus/event_source/devices/kprobe");
}

/**
 * @param {Record<string, readonly string[]>} contenders command lines that take a program as next word
 * @param {number} rounds
 * @returns {Promise<import("../lib/report.js").Comparison[]>}
 */
export async function startup({ sonde, peer = [] }, rounds) {
  const newest = newestBpftrace();
  const contenders = {
    ...(sonde !== undefined && { sonde }),
    [versionOf("bpftrace")]: peer,
    [versionOf(newest)]: [newest, "-e"],
  };
  const rows = [];
  for (const [name, script] of Object.entries(scripts)) {
    const runs = Object.entries(contenders).map(([who, command]) => [who, () => measure([...command, script])]);
    const costs = await takeTurns(rounds, Object.fromEntries(runs));
    for (const [quantity, key] of /** @type {const} */ ([
      ["CPU ms", "cpu"],
      ["wall ms", "wall"],
      ["peak MB", "memory"],
    ])) {
      const figures = Object.fromEntries(
        Object.entries(costs).map(([who, all]) => [who, all.map((cost) => cost[key])]),
      );
      rows.push({ suite: "startup", name, quantity, figures });
    }
  }
  return rows;
}
