// Load whose size is known without asking the program under test: dd makes as many writes as it is told.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A directory that goes with the test. @param {import("node:test").TestContext} context */
export function scratch(context) {
  const directory = mkdtempSync(path.join(tmpdir(), "sonde-test-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * dd under a name that nobody else on the machine has.
 * @param {import("node:test").TestContext} context
 * @param {string} letter tells those of one test apart
 */
export function writer(context, letter) {
  const name = `dd${letter}${process.pid}`;
  const program = path.join(scratch(context), name);
  symlinkSync("/bin/dd", program);
  let written = 0;
  /** Makes `count` writes of `size` bytes. @param {number} count @param {number} [size] @returns {Promise<void>} */
  const write = (count, size = 1) => {
    const words = ["if=/dev/zero", "of=/dev/null", `bs=${size}`, `count=${count}`, "status=none"];
    written += count;
    return new Promise((resolve, reject) => {
      const child = spawn(program, words, { stdio: ["ignore", "ignore", "inherit"] });
      child.once("error", reject);
      child.once("close", (status) => (status === 0 ? resolve() : reject(new Error(`${name} ended: ${status}`))));
    });
  };
  return { name, write, written: () => written };
}

/**
 * Keeps writers busy until it is told to stop, which waits for what they have begun.
 * @param {readonly ReturnType<typeof writer>[]} writers
 * @param {number} count writes of one dd
 */
export function keepWriting(writers, count) {
  let going = true;
  const started = performance.now();
  const before = writers.map(({ written }) => written()).reduce((sum, n) => sum + n, 0);
  const ended = Promise.all(
    writers.map(async ({ write }) => {
      do await write(count);
      while (going);
    }),
  );
  ended.catch(() => {});
  return {
    /** @returns {Promise<number>} writes a second */
    stop: async () => {
      going = false;
      await ended;
      const after = writers.map(({ written }) => written()).reduce((sum, n) => sum + n, 0);
      return Math.round(((after - before) * 1000) / (performance.now() - started));
    },
  };
}

/** @param {string} metrics @param {string} series @returns {number | undefined} */
export function sample(metrics, series) {
  const line = metrics.split("\n").find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}
