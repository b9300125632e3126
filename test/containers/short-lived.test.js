// Two hundred containers that live for 50 ms each, every one named in the output with its exact count.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesOf, startAgent, writesMonitor } from "./agent.js";
import { removeGroup } from "./cgroups.js";
import { eachOf, Runc, writesAndSleeps } from "./runc.js";
import { temporaryFolder } from "../support/folder.js";

const COUNT = 200;

test("every short-lived container is named, and its writes are counted exactly", async (t) => {
  const folder = temporaryFolder();
  const base = `/sonde-short-${process.pid}`;
  t.after(() => removeGroup(base));
  const runc = new Runc(folder);
  const agent = await startAgent(t, folder, { writes: writesMonitor("sonde_test_writes") });
  // Half have names of their own, half ids as runtimes give them, by whose first twelve digits people know them.
  const containers = Array.from({ length: COUNT }, (_, i) => ({
    id: i % 2 === 0 ? `short-${i}` : `${String(i).padStart(12, "0")}${"ab".repeat(26)}`,
    writes: 100 + i,
  }));
  await eachOf(containers, 4, async ({ id, writes }) => {
    await runc.run({ id, args: writesAndSleeps(writes, 50), cgroupsPath: `${base}/${id}` });
  });
  const series = await seriesOf(agent.url, "sonde_test_writes");
  const counted = new Map(series.map(({ id, container, value }) => [id, { name: container?.slice(0, 12), value }]));
  const wanted = new Map(containers.map(({ id, writes }) => [id, { name: id.slice(0, 12), value: writes }]));
  for (const [id, want] of wanted) assert.deepEqual(counted.get(id), want, id);
});
