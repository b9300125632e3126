// Runs monitors as a user would, on workloads of one test's own.
import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import path from "node:path";
import { temporaryFolder } from "../support/folder.js";
import { runSonde } from "../support/sonde.js";

export const folder = temporaryFolder();
let names = 0;

/** An executable under a name that nothing else on the machine has. @param {string} program @returns {{ comm: string, file: string }} */
export function ownName(program) {
  const comm = `mon${process.pid}x${names++}`;
  const file = path.join(folder, comm);
  symlinkSync(program, file);
  return { comm, file };
}

/**
 * What a monitor told while a command ran: one object for each series and event.
 * @param {string} monitor
 * @param {string} command by the shell's rules for words
 * @param {readonly string[]} [options]
 * @returns {Promise<any[]>}
 */
export async function told(monitor, command, options = []) {
  const { status, stdout, stderr } = await runSonde(["run", monitor, "-q", "-o", "jsonl", ...options, "-c", command]);
  assert.equal(status, 0, stderr);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}

/** Series of one metric. @param {any[]} lines @param {string} metric */
export const seriesOf = (lines, metric) => lines.filter((line) => line.metric === metric);

/** Events of one stream. @param {any[]} lines @param {string} stream */
export const eventsOf = (lines, stream) => lines.filter((line) => line.stream === stream);
