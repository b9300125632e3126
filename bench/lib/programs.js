// The BPF programs that a process holds, and what the kernel counted of their runs.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const switchFile = "/proc/sys/kernel/bpf_stats_enabled";

/** Runs `work` while the kernel counts every program's runs and their time. @template T @param {() => Promise<T>} work */
export async function withStatistics(work) {
  const before = readFileSync(switchFile, "utf8");
  writeFileSync(switchFile, "1");
  try {
    return await work();
  } finally {
    writeFileSync(switchFile, before);
  }
}

/**
 * Waits until a process holds programs and no more are being added, then returns their ids.
 * @param {number} pid
 * @returns {Promise<number[]>}
 */
export async function attachedPrograms(pid) {
  let before = "";
  for (let attempt = 0; attempt < 100; attempt++) {
    await sleep(100);
    const ids = programIds(pid);
    if (ids.length > 0 && ids.join() === before) return ids;
    before = ids.join();
  }
  throw new Error(`process ${pid} attached no program within 10 s`);
}

/** By the descriptors of programs and of links. @param {number} pid */
function programIds(pid) {
  const ids = new Set();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const match = /^prog_id:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"));
      if (match !== null) ids.add(Number(match[1]));
    } catch (error) {
      // Closed between the two reads.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
    }
  }
  return [...ids].sort((a, b) => a - b);
}

/** Runs so far and their ns, over all of the programs. @param {readonly number[]} ids */
export function runs(ids) {
  let count = 0;
  let nanoseconds = 0;
  for (const id of ids) {
    const shown = JSON.parse(execFileSync("bpftool", ["-j", "prog", "show", "id", String(id)], { encoding: "utf8" }));
    count += shown.run_cnt ?? 0;
    nanoseconds += shown.run_time_ns ?? 0;
  }
  return { count, nanoseconds };
}
