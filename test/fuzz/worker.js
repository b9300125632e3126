// Tries inputs one after the other and tells by shared memory which one it is at, so that whoever watches can end it.
import { parentPort, workerData } from "node:worker_threads";
import { makeInput } from "./plan.js";
import { readers } from "./readers.js";

/** @type {import("./campaign.js").Work} */
const { samples, seed, from, to, progress, slow } = workerData;
const at = new Int32Array(progress);

for (let number = from; number < to; number++) {
  Atomics.store(at, 0, number);
  Atomics.add(at, 1, 1);
  const { kind, sample, bytes } = makeInput(samples, seed, number);
  /** @param {string} problem */
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- to a thread, not to a window
  const report = (problem) => parentPort?.postMessage({ number, kind, sample, problem });
  try {
    let took = time(kind, bytes);
    // The machine may have been busy with something else.
    for (let again = 0; again < 2 && took > slow; again++) took = Math.min(took, time(kind, bytes));
    if (took > slow) report(`takes ${took.toFixed(0)} ms`);
  } catch (error) {
    report(error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 6).join("\n") : String(error));
  }
}

/** Milliseconds. @param {keyof typeof readers} kind @param {Uint8Array} bytes */
function time(kind, bytes) {
  const start = performance.now();
  readers[kind](bytes);
  return performance.now() - start;
}
