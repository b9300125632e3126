// Runs built programs of the documentation, one after the other, and says what each did: a line of
// JSON for each. It is what runs in a guest, and here.
//
//     node test/docs/run.js hello maps-typed
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {{ name: string, status: number | string, stdout: string, stderr: string }} Ran */

const built = fileURLToPath(new URL(".built", import.meta.url));

/** @param {string} name @param {number} seconds @returns {Ran} */
export function runExample(name, seconds) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [path.join(built, `${name}.js`)], {
    cwd: built,
    encoding: "utf8",
    timeout: seconds * 1000,
    killSignal: "SIGKILL",
  });
  return { name, status: signal ?? status ?? "?", stdout, stderr };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of process.argv.slice(2)) process.stdout.write(`${JSON.stringify(runExample(name, 120))}\n`);
}
