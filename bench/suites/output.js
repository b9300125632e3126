// What printing costs whoever prints: lines into a file, each event one line.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { whileRunning } from "../lib/child.js";
import { takeTurns } from "../lib/statistics.js";

const LINES = 400_000;
/** The load goes by a name that nothing else on the machine has. */
const LOAD = "sonde-lines";
const filter = `tracepoint:syscalls:sys_enter_write /comm == "${LOAD}"/`;
const scripts = {
  "a name and two numbers": `${filter} { printf("%-16s %6d %d\\n", comm, pid, args->count); }`,
  "one number": `${filter} { printf("%d\\n", args->count); }`,
  "a file's name": `${filter} { printf("%s %d %x\\n", str(args->buf, 32), tid, args->fd); }`,
};
const TICKS_PER_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/**
 * @param {Record<string, readonly string[]>} contenders command lines that take a program as next word
 * @param {number} rounds
 * @returns {Promise<import("../lib/report.js").Row[]>}
 */
export async function output(contenders, rounds) {
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-output-"));
  const load = path.join(folder, LOAD);
  copyFileSync("/bin/dd", load);
  try {
    const rows = [];
    for (const [name, script] of Object.entries(scripts)) {
      const runs = Object.entries(contenders).map(([who, command]) => {
        const file = path.join(folder, `${who}.txt`);
        return [who, () => cost([...command.slice(0, -1), "-o", file, "-e", script], file, load)];
      });
      const costs = await takeTurns(rounds, Object.fromEntries(runs));
      for (const [quantity, key] of /** @type {const} */ ([
        ["CPU ns a line", "nanoseconds"],
        ["lines lost", "lost"],
      ])) {
        const [ours, peer] = ["sonde", "peer"].map((who) => (costs[who] ?? []).map((each) => each[key]));
        rows.push({ suite: "output", name, quantity, ours: ours ?? [], peer: peer ?? [] });
      }
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * CPU time of the tracer alone while the load runs and until all is written.
 * @param {readonly string[]} command
 * @param {string} file
 * @param {string} load
 */
async function cost(command, file, load) {
  let spent = 0;
  await whileRunning(command, async (pid) => {
    await sleep(2500);
    const before = cpuTime(pid);
    execFileSync(load, ["if=/dev/zero", "of=/dev/null", "bs=1", `count=${LINES}`, "status=none"]);
    await sleep(500);
    spent = cpuTime(pid) - before;
  });
  const lines = readFileSync(file, "latin1")
    .split("\n")
    .filter((line) => /\d/.test(line)).length;
  return { nanoseconds: spent / Math.max(1, lines), lost: Math.max(0, LINES - lines) };
}

/** Of all threads, in ns. @param {number} pid */
function cpuTime(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1e9) / TICKS_PER_SECOND;
}
