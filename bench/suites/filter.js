// What a filter costs in the kernel: an event that it refuses, one that it admits, and a condition in the script
// instead, ours and bpftrace's.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { attachedObjects } from "../../tools/lib/bpf-objects.js";
import { childEnvironment } from "../../tools/lib/environment.js";
import { whileRunning } from "../lib/child.js";
import { runs, withStatistics } from "../lib/programs.js";
import { takeTurns } from "../lib/statistics.js";

const COUNT = 300_000;
const LOAD = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", `count=${COUNT}`, "status=none"];
const PROBE = "tracepoint:syscalls:sys_enter_write";

/**
 * @param {Record<string, readonly string[]>} contenders command lines that take a program as next word
 * @param {number} rounds
 * @returns {Promise<import("../lib/report.js").Comparison[]>}
 */
export async function filter(contenders, rounds) {
  const count = `${PROBE} { @ = count(); }`;
  const [sonde = "", trace = ""] = contenders["sonde"] ?? [];
  const options = {
    "refused by cgroup": ["--cgroup", "/sonde-bench-nobody"],
    "admitted by cgroup": ["--cgroup", "/"],
    "refused by name": ["--comm", "nobody"],
    "admitted by name": ["--comm", "dd"],
  };
  const condition = `${PROBE} /comm == "nobody"/ { @ = count(); }`;
  const ours = Object.entries({ "no filter": [], ...options }).map(([name, words]) => [
    name,
    () => costOf([sonde, trace, ...words, "-e", count]),
  ]);
  const peers = Object.entries({
    "condition, sonde": contenders["sonde"],
    "condition, bpftrace": contenders["peer"],
  }).flatMap(([name, command]) => (command === undefined ? [] : [[name, () => costOf([...command, condition])]]));
  const figures = await withStatistics(async () => await takeTurns(rounds, Object.fromEntries([...ours, ...peers])));
  return [{ suite: "filter", name: "a count of dd's writes", quantity: "gross ns/event", figures }];
}

/** @param {readonly string[]} command @returns {Promise<number>} */
async function costOf(command) {
  return await whileRunning(command, async (pid) => {
    const { programs } = await attachedObjects(pid);
    const before = runs(programs);
    const [program = "", ...words] = LOAD;
    await once(spawn(program, words, { env: childEnvironment(), stdio: "ignore" }), "exit");
    const after = runs(programs);
    const events = after.count - before.count;
    if (events < COUNT) throw new Error(`${command.join(" ")} saw ${events} of at least ${COUNT} events`);
    return (after.nanoseconds - before.nanoseconds) / events;
  });
}
