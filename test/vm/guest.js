// Runs a command of the built project inside a guest with one of Debian's kernels.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { boot } from "./boot.js";
import { buildImage, copyOut } from "./image.js";
import { ensureKernel, root } from "./kernels.js";

/** The guest gave no exit status: it hung, died, or never came up. */
export class GuestError extends Error {
  /** @override */
  name = "GuestError";
  /** @param {string} message @param {boolean} timedOut */
  constructor(message, timedOut) {
    super(message);
    this.timedOut = timedOut;
  }
}

/**
 * @typedef {object} GuestOptions
 * @property {number} [timeout] seconds for the whole run; 600 unless said
 * @property {string} [out] a directory that receives what the command leaves in /out
 * @property {(chunk: Buffer) => void} [onStdout]
 * @property {(chunk: Buffer) => void} [onStderr]
 */

/**
 * Boots kernel `name`, runs the shell text in the project's directory and resolves to its exit status.
 * A guest that dies before it reaches userspace (one boot in several dozen under emulation) is
 * started once more.
 * @param {string} name one of `kernels`
 * @param {string} job
 * @param {GuestOptions} [options]
 * @returns {Promise<number>}
 * @throws {GuestError} with the end of the console, when no status came back
 */
export async function runInGuest(name, job, options = {}) {
  const kernel = ensureKernel(name);
  const timeout = options.timeout ?? 600;
  mkdirSync(path.join(root, ".cache/vm"), { recursive: true });
  const directory = mkdtempSync(path.join(root, ".cache/vm/run-"));
  const cleanUp = () => rmSync(directory, { recursive: true, force: true });
  process.once("exit", cleanUp);
  try {
    for (let attempt = 1; ; attempt++) {
      const image = buildImage(kernel, directory, job);
      const result = await boot({
        kernel,
        image,
        directory,
        timeout,
        onStdout: options.onStdout ?? ((chunk) => process.stdout.write(chunk)),
        onStderr: options.onStderr ?? ((chunk) => process.stderr.write(chunk)),
      });
      if (!result.userspace && !result.timedOut && attempt === 1) continue;
      if (result.status === undefined) throw new GuestError(explain(kernel.release, result, timeout), result.timedOut);
      if (options.out !== undefined) copyOut(image, options.out);
      return result.status;
    }
  } finally {
    process.off("exit", cleanUp);
    cleanUp();
  }
}

/** @param {string} release @param {import("./boot.js").BootResult} result @param {number} timeout */
function explain(release, result, timeout) {
  const what = result.timedOut ? `took longer than ${timeout} s` : "died without an exit status";
  const tail = result.console.trimEnd().split("\n").slice(-30).join("\n");
  return `the guest on ${release} ${what}; the end of its console:\n${tail}`;
}

/** Shell text that runs exactly these words. @param {readonly string[]} words */
export function quote(words) {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}
