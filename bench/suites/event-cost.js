// What one event costs inside the kernel, as the kernel itself counts it.
import { execFileSync } from "node:child_process";
import { whileRunning } from "../lib/child.js";
import { attachedObjects } from "../../tools/lib/bpf-objects.js";
import { runs, withStatistics } from "../lib/programs.js";
import { takeTurns } from "../lib/statistics.js";

const scripts = {
  "@ = count()": "tracepoint:raw_syscalls:sys_enter { @ = count(); }",
  "@[comm] = count()": "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }",
  "@[args.id] = hist(args.id)": "tracepoint:raw_syscalls:sys_enter { @[args->id] = hist(args->id); }",
};
const copies = 150_000; // two system calls each

/**
 * @param {Record<string, readonly string[]>} contenders command lines that take a program as next word
 * @param {number} rounds
 * @returns {Promise<import("../lib/report.js").Row[]>}
 */
export async function eventCost(contenders, rounds) {
  return await withStatistics(async () => {
    const rows = [];
    for (const [name, script] of Object.entries(scripts)) {
      const each = Object.entries(contenders).map(([who, command]) => [who, () => costOf([...command, script])]);
      const costs = await takeTurns(rounds, Object.fromEntries(each));
      rows.push({
        suite: "event cost",
        name,
        quantity: "ns/event",
        ours: costs["sonde"] ?? [],
        peer: costs["peer"] ?? [],
      });
    }
    return rows;
  });
}

/** @param {readonly string[]} command */
async function costOf(command) {
  return await whileRunning(command, async (pid) => {
    const { programs: ids } = await attachedObjects(pid);
    const before = runs(ids);
    execFileSync("dd", ["if=/dev/zero", "of=/dev/null", "bs=1", `count=${copies}`, "status=none"]);
    const after = runs(ids);
    const events = after.count - before.count;
    if (events < 2 * copies)
      throw new Error(`${command.join(" ")} saw ${events} of at least ${2 * copies} system calls`);
    return (after.nanoseconds - before.nanoseconds) / events;
  });
}
