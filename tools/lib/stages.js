// Named stages, their outcomes and times, and the one summary at the end.
import { spawn } from "node:child_process";
import { broken } from "./node-tests.js";
import { childEnvironment, root } from "./environment.js";

/**
 * @typedef {import("./test-reporter.js").TestResult} TestResult
 * @typedef {{ name: string, seconds: number, results: TestResult[] }} Stage
 */

/** A record of what ran. `limit` is the time for everything, in minutes. @param {number} limit */
export function createRun(limit) {
  const start = Date.now();
  const end = start + limit * 60_000;
  /** @type {Stage[]} */
  const stages = [];
  return {
    stages,
    start,
    /**
     * Runs one stage. What it returns are its results; what it throws is its one failure.
     * @param {string} name
     * @param {number} minutes its own limit
     * @param {(deadline: number) => Promise<TestResult[]>} work
     * @returns {Promise<boolean>} whether nothing failed
     */
    async stage(name, minutes, work) {
      const began = Date.now();
      process.stdout.write(`== ${name}\n`);
      /** @type {TestResult[]} */
      let results;
      try {
        if (began >= end) throw new Error("not run: the time for the whole run is over");
        results = await work(Math.min(began + minutes * 60_000, end));
      } catch (error) {
        results = [broken(name, error instanceof Error ? error.message : String(error))];
      }
      const stage = { name, seconds: (Date.now() - began) / 1000, results };
      stages.push(stage);
      for (const result of results) if (result.outcome === "fail") printFailure(result);
      process.stdout.write(`   ${name}: ${describe(stage)} in ${stage.seconds.toFixed(1)} s\n`);
      return !failed(stage);
    },
  };
}

/** A command as a stage with one result. @param {string} command @param {readonly string[]} words @returns {(deadline: number) => Promise<TestResult[]>} */
export function commandStage(command, words) {
  return async (deadline) => {
    const began = Date.now();
    const child = spawn(command, words, {
      cwd: root,
      env: childEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: deadline - began,
      killSignal: "SIGKILL",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const status = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(signal ?? code));
    });
    const name = [command.split("/").at(-1), ...words].join(" ");
    if (status !== 0) return [broken(name, `ended with ${status}:\n${output.trimEnd()}`)];
    return [{ file: "", name, outcome: "pass", detail: "", milliseconds: Date.now() - began }];
  };
}

/** Prints the table of stages, the skips by reason and the counts. @param {{ stages: readonly Stage[], start: number }} run @returns {number} an exit code */
export function summarize(run) {
  const all = run.stages.flatMap((stage) => stage.results);
  const width = Math.max(...run.stages.map((stage) => stage.name.length));
  process.stdout.write("\nsummary\n");
  for (const stage of run.stages) {
    process.stdout.write(
      `  ${stage.name.padEnd(width)} ${stage.seconds.toFixed(1).padStart(7)} s  ${describe(stage)}\n`,
    );
  }
  for (const stage of run.stages) {
    for (const [reason, count] of skips(stage)) {
      process.stdout.write(`  skipped ${count} in ${stage.name}: ${reason}\n`);
    }
  }
  for (const stage of run.stages) {
    for (const result of stage.results) {
      if (result.outcome === "fail") process.stdout.write(`  FAILED in ${stage.name}: ${title(result)}\n`);
    }
  }
  const counts = {
    tests: all.length,
    pass: count(all, "pass"),
    fail: count(all, "fail"),
    skipped: count(all, "skip"),
    todo: count(all, "todo"),
  };
  process.stdout.write("\n");
  for (const [name, value] of Object.entries(counts)) process.stdout.write(`# ${name} ${value}\n`);
  process.stdout.write(`# duration_ms ${Date.now() - run.start}\n`);
  return counts.fail === 0 ? 0 : 1;
}

/** @param {Stage} stage */
function describe(stage) {
  const { results } = stage;
  const parts = [`${results.length} tests`, `${count(results, "pass")} passed`];
  if (failed(stage)) parts.push(`${count(results, "fail")} FAILED`);
  if (count(results, "skip") > 0) parts.push(`${count(results, "skip")} skipped`);
  return parts.join(", ");
}

/** @param {Stage} stage @returns {Map<string, number>} */
function skips(stage) {
  const reasons = new Map();
  for (const result of stage.results) {
    if (result.outcome === "skip") reasons.set(result.detail, (reasons.get(result.detail) ?? 0) + 1);
  }
  return reasons;
}

/** @param {Stage} stage */
function failed(stage) {
  return count(stage.results, "fail") > 0;
}

/** @param {readonly TestResult[]} results @param {TestResult["outcome"]} outcome */
function count(results, outcome) {
  return results.filter((result) => result.outcome === outcome).length;
}

/** @param {TestResult} result */
function title(result) {
  return result.file === "" || result.file === result.name ? result.name : `${result.file}: ${result.name}`;
}

/** @param {TestResult} result */
function printFailure(result) {
  const detail = result.detail.trimEnd().replaceAll(/^/gm, "      ");
  process.stdout.write(`   FAILED ${title(result)}\n${detail}\n`);
}
