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
 * Waits until a process holds programs and no more are being added.
 * @param {number} pid
 * @returns {Promise<BpfObjects>}
 */
export async function attachedObjects(pid) {
  let before = "";
  for (let attempt = 0; attempt < 150; attempt++) {
    await sleep(100);
    const objects = bpfObjectsOf(pid);
    const now = JSON.stringify(objects);
    if (objects.programs.length > 0 && now === before) return objects;
    before = now;
  }
  throw new Error(`process ${pid} attached no program within 15 s`);
}

/** Those of the objects that the kernel still has, as "prog 12" or "link 3". @param {BpfObjects} objects */
export function remaining(objects) {
  const named = [...objects.programs.map((id) => ["prog", id]), ...objects.links.map((id) => ["link", id])];
  return named
    .filter(([kind, id]) => spawnSync("bpftool", [String(kind), "show", "id", String(id)]).status === 0)
    .map(([kind, id]) => `${kind} ${id}`);
}
