// oomkill, in a control group of this test's own that is too small.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hungryGroup } from "./memory-group.js";
import { eventsOf, folder, seriesOf, told } from "./support.js";

test("oomkill: a process that needs more memory than its group has", async () => {
  const { script, victim, remove } = hungryGroup(folder);
  after(remove);
  const lines = await told("oomkill", `sh -c 'sh ${script}; true'`);
  const own = eventsOf(lines, "victims").filter(({ pid }) => pid === victim());
  assert.equal(own.length, 1, JSON.stringify(lines));
  assert.ok(seriesOf(lines, "oom_kills")[0].value >= 1);
});
