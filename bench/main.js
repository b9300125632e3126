// npm run bench [-- --only SUITE] [--rounds N] [--keep NAME] [--peer-alone]
// Measures sonde beside Debian's bpftrace, in turns. See bench/README.md.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { root } from "../tools/lib/environment.js";
import { ensureDebianPackages, ensureMounts, requireRoot } from "../tools/lib/prepare.js";
import { comparisonTable, keep, table } from "./lib/report.js";
import { agent } from "./suites/agent.js";
import { eventCost } from "./suites/event-cost.js";
import { filter } from "./suites/filter.js";
import { library } from "./suites/library.js";
import { output } from "./suites/output.js";
import { scrape } from "./suites/scrape.js";
import { startup } from "./suites/startup.js";

const USAGE =
  "usage: npm run bench [-- [--only startup|output|event-cost|filter|library|agent|scrape] [--rounds N] [--keep NAME] [--peer-alone]]";
const { values } = readArguments();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
/**
 * Each suite with the rounds that make its medians steady, and whom it measures beside us if not bpftrace.
 * @type {Record<string, { run: (contenders: Record<string, readonly string[]>, rounds: number) => Promise<(Row | Comparison)[]>, rounds: number, peer?: string }>}
 * @typedef {import("./lib/report.js").Row} Row
 * @typedef {import("./lib/report.js").Comparison} Comparison
 */
const suites = {
  startup: { run: startup, rounds: 7 },
  output: { run: output, rounds: 3 },
  "event-cost": { run: eventCost, rounds: 5 },
  filter: { run: filter, rounds: 5 },
  library: { run: library, rounds: 5, peer: "bpftool, C with libbpf" },
  agent: { run: agent, rounds: 9 },
  scrape: { run: scrape, rounds: 5, peer: "prom-client" },
};
if (values.only !== undefined && !(values.only in suites)) {
  console.error(`no suite "${values.only}": choose one of ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}

requireRoot("npm run bench");
ensureDebianPackages(["bpftrace", "bpftool"]);
ensureMounts();
const sonde = path.join(root, "bin/sonde");
const contenders = {
  ...(values["peer-alone"] ? {} : { sonde: [sonde, "trace", "-e"] }),
  peer: ["bpftrace", "-e"],
};
const versions = {
  ...(values["peer-alone"] ? {} : { sonde: execFileSync(sonde, ["--version"], { encoding: "utf8" }).trim() }),
  peer: execFileSync("bpftrace", ["--version"], { encoding: "utf8" }).trim(),
};

const rows = [];
for (const [name, { run, rounds, peer = versions.peer }] of Object.entries(suites)) {
  if (values.only !== undefined && values.only !== name) continue;
  const found = await run(contenders, values.rounds === undefined ? rounds : Number(values.rounds));
  const paired = found.filter(isPaired);
  const compared = found.filter(isComparison);
  if (paired.length > 0) process.stdout.write(`\n${name}\n${table(paired, peer)}`);
  if (compared.length > 0) process.stdout.write(`\n${name}\n${comparisonTable(compared)}`);
  rows.push(...found);
}
const file = keep(values.keep ?? `local-${new Date().toISOString().replaceAll(":", "")}`, rows, versions);
console.log(`\nevery figure: ${file}`);

/** @param {Row | Comparison} row @returns {row is Row} */
function isPaired(row) {
  return "peer" in row;
}

/** @param {Row | Comparison} row @returns {row is Comparison} */
function isComparison(row) {
  return "figures" in row;
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        only: { type: "string" },
        rounds: { type: "string" },
        keep: { type: "string" },
        "peer-alone": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}
