// Runs built test files with node:test, here or in a guest, and collects their results.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { childEnvironment, root } from "./environment.js";

/** @typedef {import("./test-reporter.js").TestResult} TestResult */

/**
 * The built test files of every package, as paths from the root of the project.
 * @param {"unit" | "kernel"} kind kernel tests need root and a live kernel
 */
export function packageTests(kind) {
  const files = readdirSync(path.join(root, "packages")).flatMap((name) => {
    const built = path.join(root, "packages", name, "dist");
    return testsUnder(built);
  });
  return files.filter((file) => file.endsWith(".kernel.test.js") === (kind === "kernel"));
}

/** The tests that drive the finished program from outside. */
export function scenarioTests() {
  return testsUnder(path.join(root, "test"));
}

/** The tests of these tools and of the benchmarks' arithmetic. */
export function toolTests() {
  return ["tools", "bench"].flatMap((folder) => testsUnder(path.join(root, folder)));
}

/** @param {string} directory */
function testsUnder(directory) {
  try {
    const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
    return names
      .filter((name) => name.endsWith(".test.js"))
      .sort()
      .map((name) => path.relative(root, path.join(directory, name)));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return [];
    throw error;
  }
}

/**
 * The words after `node` that run these files and report one line of JSON a test.
 * @param {readonly string[]} files
 * @param {{ concurrency: number, timeout: number }} options `timeout` of one file, in seconds
 */
export function testArguments(files, options) {
  return [
    "--test",
    `--test-concurrency=${options.concurrency}`,
    `--test-timeout=${options.timeout * 1000}`,
    "--test-reporter=./tools/lib/test-reporter.js",
    ...files,
  ];
}

/**
 * @param {readonly string[]} files
 * @param {{ concurrency: number, timeout: number, deadline: number }} options
 *   `timeout` of one file in seconds; `deadline` of all of them, as Date.now() counts
 * @returns {Promise<TestResult[]>}
 */
export async function runTests(files, options) {
  const reader = resultReader();
  if (files.length === 0) return reader.results;
  const child = spawn(process.execPath, testArguments(files, options), {
    cwd: root,
    env: childEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  // The whole group: a test that hangs may have started programs of its own.
  const kill = () => child.pid !== undefined && process.kill(-child.pid, "SIGKILL");
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, options.deadline - Date.now());
  process.once("exit", kill);
  child.stdout.on("data", reader.push);
  const status = await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  process.off("exit", kill);
  if (timedOut) reader.results.push(broken("all tests", "took too long and were ended"));
  else checkStatus(reader.results, Number(status));
  return reader.results;
}

/** A run that says it failed must have a failure to show. @param {TestResult[]} results @param {number} status */
export function checkStatus(results, status) {
  const failed = results.some((result) => result.outcome === "fail");
  if (status !== 0 && !failed)
    results.push(broken("node --test", `ended with status ${status} and named no failed test`));
  if (status === 0 && results.length === 0) results.push(broken("node --test", "ran no test at all"));
}

/** @param {string} name @param {string} detail @returns {TestResult} */
export function broken(name, detail) {
  return { file: "", name, outcome: "fail", detail, milliseconds: 0 };
}

/** Gathers results from a stream of the reporter's lines; any other line goes to stderr as it is. */
export function resultReader() {
  /** @type {TestResult[]} */
  const results = [];
  let rest = "";
  /** @param {Buffer} chunk */
  const push = (chunk) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith('{"file":')) results.push(JSON.parse(line));
      else process.stderr.write(`${line}\n`);
    }
  };
  return { results, push };
}
