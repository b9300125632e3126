// Runs bin/sonde as a user would, from outside.
import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { childEnvironment, root } from "../../tools/lib/environment.js";

const executable = path.join(root, "bin/sonde");

/**
 * @typedef {object} Ended
 * @property {number | NodeJS.Signals} status
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * Starts it and gathers what it says. `ended` resolves whatever the status.
 * @param {readonly string[]} words
 * @param {{ onLine?: (line: string) => void }} [options] `onLine` takes stdout line by line instead of gathering it
 */
export function startSonde(words, options = {}) {
  const child = spawn(executable, words, { cwd: root, env: childEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const reader = options.onLine === undefined ? undefined : createInterface({ input: child.stdout });
  if (reader === undefined) child.stdout.on("data", (chunk) => (stdout += chunk));
  else reader.on("line", options.onLine ?? (() => {}));
  const linesRead = reader === undefined ? undefined : new Promise((resolve) => reader.once("close", resolve));
  /** @type {Promise<Ended["status"]>} */
  const closed = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(signal ?? status ?? 1));
  });
  /** @type {Promise<Ended>} */
  const ended = Promise.all([closed, linesRead]).then(([status]) => ({ status, stdout, stderr }));
  return { child, pid: /** @type {number} */ (child.pid), ended };
}

/** Runs it to its end. @param {readonly string[]} words @returns {Promise<Ended>} */
export async function runSonde(words) {
  return await startSonde(words).ended;
}

/** The command line of dd that makes `count` one-byte reads and as many writes. @param {number} count */
export function ddCommand(count) {
  return ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", `count=${count}`, "status=none"];
}
