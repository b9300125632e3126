// Programs under measurement: run to the end, or kept running beside a load.
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment, root } from "../../tools/lib/environment.js";

const measurer = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../measure.pl");

/**
 * @typedef {object} Cost
 * @property {number} cpu user and system time of all threads, in ms
 * @property {number} wall ms
 * @property {number} memory peak resident, in MB
 */

/** What one run of a command costs. @param {readonly string[]} command @returns {Cost} @throws if it does not end with status 0 */
export function measure(command) {
  const run = spawnSync("perl", [measurer, ...command], {
    cwd: root,
    env: childEnvironment(),
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  const report = run.output?.[3];
  if (run.status !== 0 || !report) throw new Error(`${command.join(" ")} was not measured: ${run.stderr}`);
  const { status, user, system, wall, memory } = JSON.parse(report);
  if (status !== 0) throw new Error(`${command.join(" ")} ended with wait status ${status}:\n${run.stderr}`);
  return { cpu: user + system, wall, memory };
}

/**
 * Starts a command, does something while it runs, and ends it as Ctrl-C would.
 * @template T
 * @param {readonly string[]} command
 * @param {(pid: number) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function whileRunning(command, work) {
  const child = spawn(command[0] ?? "", command.slice(1), {
    cwd: root,
    env: childEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(signal ?? status));
  });
  const early = ended.then((how) => {
    throw new Error(`${command.join(" ")} ended too early (${how}):\n${said}`);
  });
  try {
    return await Promise.race([work(/** @type {number} */ (child.pid)), early]);
  } finally {
    early.catch(() => {});
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended.catch(() => {});
    clearTimeout(timer);
  }
}
