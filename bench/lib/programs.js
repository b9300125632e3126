// What the kernel counts of a program's runs, and how large it made them.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

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
 * Runs so far and their ns, and bytes of machine code, over all of the programs.
 * @param {readonly number[]} ids
 */
export function runs(ids) {
  let count = 0;
  let nanoseconds = 0;
  let bytes = 0;
  for (const id of ids) {
    const shown = JSON.parse(execFileSync("bpftool", ["-j", "prog", "show", "id", String(id)], { encoding: "utf8" }));
    count += shown.run_cnt ?? 0;
    nanoseconds += shown.run_time_ns ?? 0;
    // What never ran is no part of an event's cost: programs of begin and end.
    if ((shown.run_cnt ?? 0) > 1) bytes += shown.bytes_jited ?? 0;
  }
  return { count, nanoseconds, bytes };
}
