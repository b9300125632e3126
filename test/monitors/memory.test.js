// oomkill, in a control group of this test's own that is too small.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventsOf, folder, ownName, seriesOf, told } from "./support.js";

/** The memory controller's tree, of either version, and the name of its limit. */
function memoryTree() {
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const [before = "", behind = ""] = line.split(" - ");
    const mount = before.split(" ")[4] ?? "";
    if (behind.startsWith("cgroup ") && behind.split(" ")[2]?.split(",").includes("memory"))
      return { mount, limit: "memory.limit_in_bytes" };
    if (behind.startsWith("cgroup2 ") && readFileSync(`${mount}/cgroup.controllers`, "utf8").includes("memory"))
      return { mount, limit: "memory.max" };
  }
  throw new Error("no control group counts memory on this machine");
}

test("oomkill: a process that needs more memory than its group has", async () => {
  const { mount, limit } = memoryTree();
  const group = path.join(mount, `sonde-oom-${process.pid}`);
  mkdirSync(group);
  after(async () => {
    // The group is empty only once the kernel is done with the process.
    for (let attempt = 0; attempt < 50; attempt++) {
      try {
        return rmdirSync(group);
      } catch {
        await sleep(100);
      }
    }
  });
  writeFileSync(path.join(group, limit), String(16 << 20));
  const { file } = ownName("/usr/bin/tail");
  const script = path.join(folder, "hungry.sh");
  // It notes its own number, moves into the group and keeps a line that never ends.
  writeFileSync(script, `echo $$ >${folder}/victim; echo $$ >${group}/cgroup.procs; exec ${file} /dev/zero\n`);
  const lines = await told("oomkill", `sh -c 'sh ${script}; true'`);
  const victim = Number(readFileSync(path.join(folder, "victim"), "utf8"));
  assert.equal(eventsOf(lines, "victims").filter(({ pid }) => pid === victim).length, 1, JSON.stringify(lines));
  assert.ok(seriesOf(lines, "oom_kills")[0].value >= 1);
});
