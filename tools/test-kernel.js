// npm run test:kernel -- KERNEL [FILE...]   the kernel tests (or these built files) in one guest
import { build } from "./lib/checks.js";
import { guestTests } from "./lib/guest-tests.js";
import { ensureDebianPackages, ensureNodeModules, guestPackages, requireRoot } from "./lib/prepare.js";
import { createRun, summarize } from "./lib/stages.js";
import { kernels } from "../test/vm/kernels.js";

const [name, ...files] = process.argv.slice(2);
if (name === undefined || !(name in kernels)) {
  console.error(`usage: npm run test:kernel -- ${Object.keys(kernels).join("|")} [FILE...]`);
  process.exit(2);
}
requireRoot("npm run test:kernel");
ensureNodeModules();
ensureDebianPackages(guestPackages);
const run = createRun(30);
if (await build(run)) {
  await run.stage(`kernel tests, ${name} guest`, 20, guestTests(name, files.length > 0 ? files : undefined));
}
process.exit(summarize(run));
