// npm run test:monitors [-- KERNEL...]   every monitor's object, built once here, on this kernel and in guests
//
// Prints the table of monitors and kernels; with all of them, keeps it in docs/monitors.md.
import { readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import path from "node:path";
import { build } from "./lib/checks.js";
import { root } from "./lib/environment.js";
import { guestTests, portableTest } from "./lib/guest-tests.js";
import { runTests } from "./lib/node-tests.js";
import { ensureDebianPackages, ensureNodeModules, guestPackages, requireRoot } from "./lib/prepare.js";
import { createRun, summarize } from "./lib/stages.js";
import { portableTable, replaceTable } from "./lib/portable-table.js";
import { ensureKernel, kernels } from "../test/vm/kernels.js";

const HERE = "here";
const known = [HERE, ...Object.keys(kernels)];
const names = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = names.find((name) => !known.includes(name));
if (unknown !== undefined) {
  console.error(`no kernel '${unknown}'; usage: npm run test:monitors [-- ${known.join("|")}...]`);
  process.exit(2);
}
requireRoot("npm run test:monitors");
ensureNodeModules();
ensureDebianPackages(guestPackages);
const run = createRun(30);
/** @type {import("./lib/portable-table.js").Column[]} */
const columns = [];
if (await build(run)) {
  for (const name of names) {
    const guest = name !== HERE;
    const tests = guest
      ? guestTests(name, [portableTest])
      : (/** @type {number} */ deadline) => runTests([portableTest], { concurrency: 1, timeout: 120, deadline });
    await run.stage(`monitors, ${guest ? `${name} guest` : "this kernel"}`, 5, async (deadline) => {
      const results = await tests(deadline);
      columns.push({ kernel: guest ? ensureKernel(name).release : release(), results });
      return results;
    });
  }
  const table = portableTable(columns);
  console.log(table);
  if (names.length === known.length) {
    const page = path.join(root, "docs/monitors.md");
    writeFileSync(page, replaceTable(readFileSync(page, "utf8"), table));
  }
}
process.exit(summarize(run));
