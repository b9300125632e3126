// Runs the inputs in a thread and watches it: what crashes, takes long, hangs or fills memory is found and reported,
// and the run goes on behind it.
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { makeInput } from "./plan.js";

/**
 * @typedef {object} Work what the thread is given
 * @property {import("./samples.js").Samples} samples
 * @property {number} seed
 * @property {number} from first input
 * @property {number} to behind the last one
 * @property {SharedArrayBuffer} progress the input that it is at, and how many it has begun
 * @property {number} slow milliseconds that an input may take
 */

/** @typedef {{ number: number, kind: string, sample: string, problem: string }} Finding */

/** Milliseconds that one input may take. */
const SLOW = 1000;
/** Milliseconds without a step after which the thread is ended. */
const HANGS = 15_000;
/** Megabytes. */
export const MOST_MEMORY = 512;
/** Of JavaScript objects, in megabytes: half of everything, the rest is for buffers and Node.js itself. */
const MOST_HEAP = 256;
/** With so many findings there is enough to mend. */
const MOST_FINDINGS = 20;

/**
 * @param {import("./samples.js").Samples} samples
 * @param {{ seed: number, from: number, to: number, onProgress?: (number: number) => void }} options
 * @returns {Promise<{ findings: Finding[], peak: number }>} `peak` resident megabytes of the process
 */
export async function campaign(samples, { seed, from, to, onProgress = () => {} }) {
  /** @type {Finding[]} */
  const findings = [];
  let next = from;
  while (next < to && findings.length < MOST_FINDINGS) {
    const { stopped, problem } = await stretch(
      { samples, seed, from: next, to, progress: new SharedArrayBuffer(8), slow: SLOW },
      findings,
      onProgress,
    );
    if (problem === undefined) break;
    const { kind, sample } = makeInput(samples, seed, stopped);
    findings.push({ number: stopped, kind, sample, problem });
    next = stopped + 1;
  }
  const peak = process.resourceUsage().maxRSS / 1024;
  return { findings, peak };
}

/** One thread's life. @param {Work} work @param {Finding[]} findings @param {(number: number) => void} onProgress */
async function stretch(work, findings, onProgress) {
  const worker = new Worker(new URL("worker.js", import.meta.url), {
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP },
  });
  worker.on("message", (finding) => findings.push(finding));
  /** @type {string | undefined} */
  let problem;
  worker.on("error", (error) => (problem = error.message));
  let ended = false;
  const end = new Promise((resolve) => worker.once("exit", resolve)).then(() => (ended = true));
  const at = new Int32Array(work.progress);
  let [begun, since, memory] = [-1, Date.now(), process.resourceUsage().maxRSS / 1024];
  while (!ended) {
    await Promise.race([end, sleep(200, undefined, { ref: false })]);
    onProgress(Atomics.load(at, 0));
    const now = Atomics.load(at, 1);
    if (now !== begun) [begun, since] = [now, Date.now()];
    const peak = process.resourceUsage().maxRSS / 1024;
    if (memory <= MOST_MEMORY && peak > MOST_MEMORY) problem = `brought the process to ${peak.toFixed(0)} MB`;
    else if (Date.now() - since > HANGS) problem = `hangs for more than ${HANGS / 1000} s`;
    memory = peak;
    if (ended || (problem === undefined && findings.length < MOST_FINDINGS)) continue;
    await worker.terminate();
  }
  return { stopped: Atomics.load(at, 0), problem };
}
