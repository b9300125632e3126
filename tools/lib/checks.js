// The stages that need neither root nor a kernel: what every change must pass before it is shared.
import path from "node:path";
import { root } from "./environment.js";
import { packageTests, runTests, toolTests } from "./node-tests.js";
import { commandStage } from "./stages.js";

/** @param {string} name */
const bin = (name) => path.join(root, "node_modules/.bin", name);

/** @param {ReturnType<typeof import("./stages.js").createRun>} run @returns {Promise<boolean>} whether it is worth going on */
export async function build(run) {
  return (
    (await run.stage("compile", 5, commandStage(bin("tsc"), ["-b"]))) &&
    (await run.stage("prune", 1, commandStage(process.execPath, ["tools/prune.js"]))) &&
    (await run.stage("bundle", 1, commandStage(process.execPath, ["packages/cli/bundle.js"])))
  );
}

/** @param {ReturnType<typeof import("./stages.js").createRun>} run */
export async function checkSources(run) {
  await run.stage("layers", 1, commandStage(process.execPath, ["tools/layers.js", "--check"]));
  await run.stage("lint", 3, commandStage(bin("oxlint"), ["--quiet", "--deny-warnings"]));
  await run.stage("format", 1, commandStage(bin("oxfmt"), ["--check"]));
}

/** @param {ReturnType<typeof import("./stages.js").createRun>} run */
export async function unitTests(run) {
  await run.stage("unit tests", 10, (deadline) => {
    return runTests([...packageTests("unit"), ...toolTests()], { concurrency: 2, timeout: 180, deadline });
  });
}
