// What the agent costs: itself while nobody asks it anything, and whoever it watches.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../test/support/services.js";
import { compileProgram } from "../../test/support/clang.js";
import { temporaryFolder } from "../../test/support/folder.js";
import { attachedObjects } from "../../tools/lib/bpf-objects.js";
import { root } from "../../tools/lib/environment.js";
import { ensureDebianPackages } from "../../tools/lib/prepare.js";
import { measure, whileRunning } from "../lib/child.js";
import { takeTurns } from "../lib/statistics.js";

/** @typedef {import("../lib/report.js").Comparison} Comparison */

const source = fileURLToPath(new URL("../agent/victim.c", import.meta.url));

/** As much of each as takes half a second of CPU. */
const WORK = [
  ["system calls", ["files", "150000"]],
  ["requests over TCP", ["requests", "12000"]],
  ["a stream over TCP", ["stream", "1500"]],
];

const WATCHED = "with the default monitors";
const ALONE = "without";

/** Seconds that the idle agent is looked at. */
const IDLE = 10;

/**
 * @param {Record<string, readonly string[]>} _contenders of the other suites
 * @param {number} rounds
 * @returns {Promise<Comparison[]>}
 */
export async function agent(_contenders, rounds) {
  ensureDebianPackages(["clang-16"]);
  const victim = compileProgram(source, path.join(temporaryFolder(), "victim"), []);
  const rows = await idle();
  for (const [name = "", words = []] of /** @type {[string, string[]][]} */ (WORK)) {
    const command = [victim, ...words];
    // Turns of two: without, with; so that both meet the same noise.
    const { alone = [], watched = [] } = await takeTurns(rounds, {
      alone: () => measure(command).cpu,
      watched: () => whileWatched(() => Promise.resolve(measure(command).cpu)),
    });
    const more = watched.map((cpu, i) => 100 * (cpu / (alone[i] ?? cpu) - 1));
    rows.push(
      { suite: "agent", name, quantity: "CPU ms", figures: { [WATCHED]: watched, [ALONE]: alone } },
      { suite: "agent", name, quantity: "% more CPU", figures: { [WATCHED]: more } },
    );
  }
  return rows;
}

/** The agent that nobody asks anything. @returns {Promise<Comparison[]>} */
async function idle() {
  return await whileWatched(async (pid) => {
    // What starting took is over.
    await sleep(3000);
    const before = cpuSeconds(pid);
    await sleep(IDLE * 1000);
    const share = (100 * (cpuSeconds(pid) - before)) / IDLE;
    const resident = Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
    const common = { suite: "agent", name: "idle, default monitors" };
    return [
      { ...common, quantity: "% of a CPU", figures: { [WATCHED]: [share] } },
      { ...common, quantity: "resident MB", figures: { [WATCHED]: [resident] } },
    ];
  });
}

/** Time on a CPU of all threads. /proc/PID/stat counts in steps of 10 ms, which an idle agent takes seconds for. @param {number} pid */
function cpuSeconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9;
}

/** @template T @param {(pid: number) => Promise<T>} work @returns {Promise<T>} */
async function whileWatched(work) {
  const address = `127.0.0.1:${await freePort()}`;
  const words = ["agent", "--listen", address, "--monitors", path.join(root, "monitors"), "--log-level", "warn"];
  return await whileRunning([path.join(root, "bin/sonde"), ...words], async (pid) => {
    await attachedObjects(pid);
    for (;;) {
      const answer = await fetch(`http://${address}/readyz`).catch(() => undefined);
      if (answer?.ok) break;
      await sleep(50);
    }
    return await work(pid);
  });
}
