// The BPF programs and links that a process holds, by what /proc says of its descriptors, so that
// nothing of anybody else on the machine is counted.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** @typedef {{ programs: number[], links: number[] }} BpfObjects ids, ascending */

/** @param {number} pid @returns {BpfObjects} */
export function bpfObjectsOf(pid) {
  /** @type {Set<number>} */
  const programs = new Set();
  /** @type {Set<number>} */
  const links = new Set();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const info = readInfo(`/proc/${pid}/fdinfo/${fd}`);
    const program = /^prog_id:\s*(\d+)$/m.exec(info);
    const link = /^link_id:\s*(\d+)$/m.exec(info);
    if (program !== null) programs.add(Number(program[1]));
    if (link !== null) links.add(Number(link[1]));
  }
  const ascending = (/** @type {Set<number>} */ ids) => [...ids].sort((a, b) => a - b);
  return { programs: ascending(programs), links: ascending(links) };
}

/** @param {string} file */
function readInfo(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    // Closed since the directory was read.
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return "";
    throw error;
  }
}

/**
 * Waits until a process holds programs, no more are being added, and it sleeps: on a busy machine a
 * process that adds nothing may be waiting for its turn.
 * @param {number} pid
 * @returns {Promise<BpfObjects>}
 */
export async function attachedObjects(pid) {
  let before = "";
  for (let attempt = 0; attempt < 300; attempt++) {
    await sleep(100);
    const objects = bpfObjectsOf(pid);
    const now = isAsleep(pid) ? JSON.stringify(objects) : "";
    if (objects.programs.length > 0 && now !== "" && now === before) return objects;
    before = now;
  }
  throw new Error(`process ${pid} attached no program within 30 s`);
}

/** Whether the main thread waits for something to happen. @param {number} pid */
function isAsleep(pid) {
  // The state is the first field behind the name, which may hold anything but a newline.
  return /^\d+ \(.*\) S /s.test(readInfo(`/proc/${pid}/stat`));
}

/** Those of the objects that the kernel still has, as "prog 12" or "link 3". @param {BpfObjects} objects */
function remaining(objects) {
  const named = [...objects.programs.map((id) => ["prog", id]), ...objects.links.map((id) => ["link", id])];
  return named
    .filter(([kind, id]) => spawnSync("bpftool", [String(kind), "show", "id", String(id)]).status === 0)
    .map(([kind, id]) => `${kind} ${id}`);
}

/** Waits until the kernel has freed all of them, a moment after their last user is gone; answers those still there after 20 s. @param {BpfObjects} objects */
export async function notFreed(objects) {
  let left = remaining(objects);
  for (let attempt = 0; attempt < 200 && left.length > 0; attempt++) {
    await sleep(100);
    left = remaining(objects);
  }
  return left;
}
