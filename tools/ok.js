// npm run ok: build, layers, lint, format, unit tests. Quick, without root.
import { build, checkSources, unitTests } from "./lib/checks.js";
import { ensureNodeModules } from "./lib/prepare.js";
import { createRun, summarize } from "./lib/stages.js";

ensureNodeModules();
const run = createRun(20);
const built = await build(run);
await checkSources(run);
if (built) await unitTests(run);
process.exit(summarize(run));
