// npm start: from a fresh clone to a running agent with its default monitors.
import { spawn } from "node:child_process";
import path from "node:path";
import { build } from "./lib/checks.js";
import { root } from "./lib/environment.js";
import { ensureMounts, ensureNodeModules, requireRoot } from "./lib/prepare.js";
import { createRun, summarize } from "./lib/stages.js";

const address = "127.0.0.1:9435";

requireRoot("npm start");
ensureNodeModules();
const run = createRun(20);
if (!(await build(run))) process.exit(summarize(run));
ensureMounts();
console.log(`
Metrics:   curl http://${address}/metrics
Monitors:  curl http://${address}/api/v1/monitors
A script:  bin/sonde trace -e 'tracepoint:syscalls:sys_enter_openat { @[comm] = count(); }'
Ctrl-C stops the agent.
`);
const agent = spawn(
  path.join(root, "bin/sonde"),
  ["agent", "--listen", address, "--monitors", "monitors", ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: "inherit",
  },
);
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => agent.kill(signal));
agent.once("error", (error) => {
  console.error(`bin/sonde agent did not start: ${error.message}`);
  process.exit(1);
});
agent.once("close", (status, signal) => process.exit(signal === null ? (status ?? 1) : 1));
