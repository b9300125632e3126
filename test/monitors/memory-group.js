// A control group that is too small, and a process that wants more than it has.
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ownName } from "./support.js";

/** The memory controller's tree, of either version, and the name of its limit. */
function memoryTree() {
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const [before = "", behind = ""] = line.split(" - ");
    const mount = before.split(" ")[4] ?? "";
    if (behind.startsWith("cgroup ") && behind.split(" ")[2]?.split(",").includes("memory"))
      return { mount, limit: "memory.limit_in_bytes" };
    if (behind.startsWith("cgroup2 ") && readFileSync(`${mount}/cgroup.controllers`, "utf8").includes("memory")) {
      writeFileSync(`${mount}/cgroup.subtree_control`, "+memory");
      return { mount, limit: "memory.max" };
    }
  }
  throw new Error("no control group counts memory on this machine");
}

/**
 * The script runs dd with a buffer that is larger than the group may have, and the kernel kills it.
 * @param {string} folder where the script and its notes are put
 */
export function hungryGroup(folder) {
  const { mount, limit } = memoryTree();
  const group = path.join(mount, `sonde-oom-${process.pid}`);
  mkdirSync(group);
  writeFileSync(path.join(group, limit), String(16 << 20));
  const { file } = ownName("/bin/dd");
  const script = path.join(folder, "hungry.sh");
  // It notes its own number, moves into the group and becomes the one that is killed.
  writeFileSync(
    script,
    `echo $$ >${folder}/victim; echo $$ >${group}/cgroup.procs; exec ${file} if=/dev/zero of=/dev/null bs=64M count=1\n`,
  );
  return {
    script,
    victim: () => Number(readFileSync(path.join(folder, "victim"), "utf8")),
    /** The group is empty only once the kernel is done with the process: this may have to wait. */
    remove: () => {
      for (let attempt = 0; attempt < 50; attempt++) {
        try {
          return rmdirSync(group);
        } catch {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
        }
      }
    },
  };
}
