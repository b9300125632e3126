// What unified.test.js runs in a mount namespace where only cgroup v2 is mounted: prints the agent's series as JSON.
import { Runc, writesAndSleeps } from "./runc.js";
import { temporaryFolder } from "../support/folder.js";
import { seriesOf, startAgent, writesMonitor } from "./agent.js";

const [base = ""] = process.argv.slice(2);
/** @type {(() => unknown)[]} */
const ends = [];
const context = /** @type {import("node:test").TestContext} */ (
  /** @type {unknown} */ ({ after: (/** @type {() => unknown} */ end) => ends.push(end) })
);
const folder = temporaryFolder();
const runc = new Runc(folder);
try {
  const agent = await startAgent(context, folder, {
    writes: writesMonitor("sonde_test_writes"),
    one: writesMonitor("sonde_test_one", "{ container: unified-2 }"),
  });
  for (const [i, writes] of [301, 302, 303].entries())
    await runc.run({ id: `unified-${i}`, args: writesAndSleeps(writes, 50), cgroupsPath: `${base}/unified-${i}` });
  const all = await seriesOf(agent.url, "sonde_test_writes");
  const one = await seriesOf(agent.url, "sonde_test_one");
  process.stdout.write(JSON.stringify({ all, one }));
} finally {
  for (const end of ends.reverse()) await end();
}
