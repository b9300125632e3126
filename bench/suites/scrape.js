// What a scrape costs: an agent whose map the kernel filled, beside prom-client rendering as many series.
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../test/support/services.js";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { takeTurns } from "../lib/statistics.js";

/** @typedef {import("../lib/report.js").Row} Row */
/** @typedef {{ cpu: number, wall: number, bytes: number, resident: number }} Cost CPU and wall in ms, resident in MB */
/** @typedef {{ scrape: (encoding?: string) => Promise<Cost>, stop: () => Promise<void> }} Contender */

const SIZES = [1_000, 10_000, 100_000];
/** Scrapes that are measured together: the kernel counts CPU time in steps of 10 ms. */
const REPEATS = { 1_000: 40, 10_000: 15, 100_000: 6 };
const peerProgram = fileURLToPath(new URL("../scrape/prom-client.js", import.meta.url));

/** Like dd, but nobody else on this machine is called so. */
const program = `dd-${process.pid}`;
/** Every key is a call's number and the name of who made it: a series for each call. @param {number} series */
const monitor = (series) => `/*
 * ---
 * help: As many series as system calls
 * metrics:
 *   - { map: "@calls", name: sonde_bench_calls, help: Calls by number, labels: [id, comm] }
 * ---
 */
config = { max_map_keys=${series + 100} }
tracepoint:syscalls:sys_enter_write /comm == "${program}"/ { @n++; @calls[@n, comm] = count(); }
`;

/**
 * @param {Record<string, readonly string[]>} _contenders of the other suites
 * @param {number} rounds
 * @returns {Promise<Row[]>}
 */
export async function scrape(_contenders, rounds) {
  /** @type {Row[]} */
  const rows = [];
  for (const series of SIZES) {
    const ours = await startAgent(series);
    const peer = await startPeer(series);
    try {
      const costs = await takeTurns(rounds, {
        ours: () => several(ours, series),
        peer: () => several(peer, series),
        zipped: () => several(ours, series, "gzip"),
        peerZipped: () => several(peer, series, "gzip"),
      });
      const name = `${series} series`;
      for (const [quantity, key] of /** @type {const} */ ([
        ["CPU ms", "cpu"],
        ["wall ms", "wall"],
        ["kB", "bytes"],
        ["resident MB", "resident"],
      ])) {
        /** @param {string} who */
        const column = (who) => (costs[who] ?? []).map((cost) => (key === "bytes" ? cost.bytes / 1000 : cost[key]));
        rows.push({ suite: "scrape", name, quantity, ours: column("ours"), peer: column("peer") });
        if (key !== "resident")
          rows.push({
            suite: "scrape",
            name: `${name}, gzip`,
            quantity,
            ours: column("zipped"),
            peer: column("peerZipped"),
          });
      }
    } finally {
      await ours.stop();
      await peer.stop();
    }
  }
  return rows;
}

/** @param {number} series @returns {Promise<Contender>} */
async function startAgent(series) {
  const directory = mkdtempSync(path.join(tmpdir(), "sonde-bench-"));
  writeFileSync(path.join(directory, "many.bt"), monitor(series));
  const address = `127.0.0.1:${await freePort()}`;
  const command = [path.join(root, "bin/sonde"), "agent", "--listen", address, "--monitors", directory];
  const contender = await start(command, address);
  const stop = () => contender.stop().then(() => rmSync(directory, { recursive: true }));
  const own = path.join(directory, program);
  copyFileSync("/usr/bin/dd", own);
  execFileSync(own, ["if=/dev/zero", "of=/dev/null", "bs=1", `count=${series}`, "status=none"]);
  const found = await countOf(address);
  if (found !== series) {
    await stop();
    throw new Error(`the agent shows ${found} series instead of ${series}`);
  }
  return { ...contender, stop };
}

/** @param {number} series @returns {Promise<Contender>} */
async function startPeer(series) {
  const address = `127.0.0.1:${await freePort()}`;
  return await start([process.execPath, peerProgram, String(series), address.split(":")[1] ?? ""], address);
}

/** @param {readonly string[]} command @param {string} address @returns {Promise<Contender>} */
async function start(command, address) {
  const [program = "", ...words] = command;
  const child = spawn(program, words, { env: childEnvironment(), stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  for (let attempt = 0; ; attempt++) {
    const answer = await fetch(`http://${address}/readyz`).catch(() => undefined);
    if (answer?.ok) break;
    if (attempt > 300 || child.exitCode !== null) throw new Error(`${command.join(" ")} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const pid = /** @type {number} */ (child.pid);
  return {
    scrape: (encoding) => scrapeCost(pid, address, encoding),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** The mean of some scrapes. @param {Contender} contender @param {number} series @param {string} [encoding] @returns {Promise<Cost>} */
async function several(contender, series, encoding) {
  const times = REPEATS[/** @type {keyof typeof REPEATS} */ (series)];
  const sum = { cpu: 0, wall: 0, bytes: 0, resident: 0 };
  for (let i = 0; i < times; i++) {
    const cost = await contender.scrape(encoding);
    for (const key of /** @type {const} */ (["cpu", "wall", "bytes", "resident"])) sum[key] += cost[key] / times;
  }
  return sum;
}

/** @param {number} pid @param {string} address @param {string} [encoding] @returns {Promise<Cost>} */
async function scrapeCost(pid, address, encoding) {
  const before = cpuOf(pid);
  const started = process.hrtime.bigint();
  const bytes = await new Promise((resolve, reject) => {
    const request = get(`http://${address}/metrics`, { headers: encoding ? { "accept-encoding": encoding } : {} });
    request.once("error", reject).once("response", (response) => {
      let size = 0;
      response.on("data", (piece) => (size += piece.length)).once("end", () => resolve(size));
    });
  });
  const wall = Number(process.hrtime.bigint() - started) / 1e6;
  return { cpu: cpuOf(pid) - before, wall, bytes, resident: residentOf(pid) };
}

/** All threads' time in ms. @param {number} pid */
function cpuOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return 10 * (Number(user) + Number(system));
}

/** MB @param {number} pid */
function residentOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** @param {string} address */
async function countOf(address) {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return text.split("\n").filter((line) => line.startsWith("sonde_bench_calls_total{")).length;
}
