// npm test: everything there is to check, on a machine that may have nothing but Node.js and apt.
import { build, checkSources, unitTests } from "./lib/checks.js";
import { guestTests } from "./lib/guest-tests.js";
import { packageTests, runTests, scenarioTests } from "./lib/node-tests.js";
import {
  compilerPackages,
  ensureDebianPackages,
  ensureMounts,
  ensureNodeModules,
  guestPackages,
  requireRoot,
  scenarioPackages,
} from "./lib/prepare.js";
import { createRun, summarize } from "./lib/stages.js";
import { ensureKernel } from "../test/vm/kernels.js";

const guests = ["6.1", "6.12"];

requireRoot("npm test");
const run = createRun(57);
const prepared = await run.stage("prepare", 15, async () => {
  ensureNodeModules();
  ensureDebianPackages([...new Set([...guestPackages, ...compilerPackages, ...scenarioPackages])]);
  ensureMounts();
  for (const name of guests) ensureKernel(name);
  return [];
});
if (prepared && (await build(run))) {
  await checkSources(run);
  await unitTests(run);
  // One file at a time: programs and maps of one test are leaks to another.
  await run.stage("kernel tests, this kernel", 10, (deadline) => {
    return runTests(packageTests("kernel"), { concurrency: 1, timeout: 180, deadline });
  });
  await run.stage("scenarios, this kernel", 20, (deadline) => {
    return runTests(scenarioTests(), { concurrency: 1, timeout: 300, deadline });
  });
  // A guest keeps one CPU busy, so they run beside each other.
  await Promise.all(guests.map((name) => run.stage(`kernel tests, ${name} guest`, 40, guestTests(name))));
}
process.exit(summarize(run));
