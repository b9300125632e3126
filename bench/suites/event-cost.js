// What one event costs inside the kernel, as the kernel itself counts it, net of what counting costs:
// Sonde in both languages, the same probe in C, and bpftrace, Debian's and the newest.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildMonitor, buildTarget } from "@sonde/builder";
import { loadObject, openObject } from "sonde";
import { compileBpf } from "../../test/support/clang.js";
import { temporaryFolder } from "../../test/support/folder.js";
import { attachedObjects } from "../../tools/lib/bpf-objects.js";
import { childEnvironment } from "../../tools/lib/environment.js";
import { ensureDebianPackages } from "../../tools/lib/prepare.js";
import { eventRows } from "../event-cost/rows.js";
import { whileRunning } from "../lib/child.js";
import { newestBpftrace, versionOf } from "../lib/peers.js";
import { runs, withStatistics } from "../lib/programs.js";
import { median, takeTurns } from "../lib/statistics.js";

const source = fileURLToPath(new URL("../event-cost/rows.bpf.c", import.meta.url));

/** @typedef {import("../event-cost/rows.js").EventRow} EventRow */
/** @typedef {{ ns: number, bytes: number }} Cost gross ns an event; bytes of machine code */

/**
 * @param {Record<string, readonly string[]>} contenders command lines that take a program as next word
 * @param {number} rounds
 * @returns {Promise<import("../lib/report.js").Comparison[]>}
 */
export async function eventCost(contenders, rounds) {
  ensureDebianPackages(["clang-16", "libbpf-dev", "bpftool", "bpftrace"]);
  const newest = newestBpftrace();
  const scripted = {
    ...(contenders["sonde"] === undefined ? {} : { sonde: contenders["sonde"] }),
    [versionOf("bpftrace")]: ["bpftrace", "-e"],
    [versionOf(newest)]: [newest, "-e"],
  };
  const object = compiled();
  return await withStatistics(async () => {
    const tables = [];
    for (const row of eventRows) {
      const each = Object.entries(scripted).map(([who, command]) => [
        who,
        () => ofScript([...command, row.script], row),
      ]);
      const costs = await takeTurns(rounds, {
        floor: () => ofObject(object, [row.floor], row),
        ...Object.fromEntries(each),
        ...(contenders["sonde"] === undefined ? {} : { "sonde, TypeScript": () => ofMonitor(row) }),
        "C, clang -O2": () => ofObject(object, row.c, row),
      });
      tables.push(...tablesOf(row, costs));
    }
    return tables;
  });
}

/** @param {EventRow} row @param {Record<string, Cost[]>} costs @returns {import("../lib/report.js").Comparison[]} */
function tablesOf(row, { floor = [], ...costs }) {
  const least = median(floor.map(({ ns }) => ns));
  const figures = (/** @type {(cost: Cost) => number} */ pick) =>
    Object.fromEntries(Object.entries(costs).map(([who, list]) => [who, list.map(pick)]));
  return [
    { suite: "event cost", name: row.name, quantity: "net ns/event", figures: figures(({ ns }) => ns - least) },
    { suite: "event cost", name: row.name, quantity: "JITed bytes", figures: figures(({ bytes }) => bytes) },
  ];
}

/** The C programs, by the running kernel's types. @returns {string} */
function compiled() {
  const folder = temporaryFolder();
  const types = execFileSync("bpftool", ["btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"], {
    maxBuffer: 64 << 20,
  });
  writeFileSync(path.join(folder, "vmlinux.h"), types);
  return compileBpf(source, path.join(folder, "rows.bpf.o"), [`-I${folder}`]);
}

/** @param {readonly string[]} command @param {EventRow} row */
async function ofScript(command, row) {
  return await whileRunning(command, async (pid) => {
    const { programs } = await attachedObjects(pid);
    return await during(programs, row, command.join(" "));
  });
}

const IMPORTS = `import {
  btfTracepoint, counter, currentTask, decode, exp2, hash, histogram, ktime, monitor, readUserString, stream, tid, tracepoint,
  type u32, type u64,
} from "sonde/probe";
monitor("row");
`;

/** @param {EventRow} row */
async function ofMonitor(row) {
  const file = path.join(temporaryFolder(), "row.ts");
  writeFileSync(file, IMPORTS + row.typescript);
  const { spec, diagnostics } = await buildMonitor(file, buildTarget());
  if (spec === undefined) throw new Error(`${row.name}: ${diagnostics[0]?.message}`);
  const live = loadObject(spec);
  const { ring } = spec.manifest;
  const reader = ring === undefined ? undefined : live.reader(ring);
  const timer = setInterval(() => reader?.drain(() => undefined), 10);
  try {
    live.attach();
    const ids = spec.programs.map(({ name }) => live.program(name).id());
    return await during(ids, row, "the monitor");
  } finally {
    clearInterval(timer);
    live.close();
  }
}

/** @param {string} object @param {readonly string[]} names @param {EventRow} row */
async function ofObject(object, names, row) {
  const opened = openObject(object);
  for (const { name } of opened.spec().programs) opened.program(name).autoload = names.includes(name);
  const live = loadObject(opened);
  let timer;
  try {
    for (const name of names) live.attach(name);
    if (names.includes("event")) {
      const ring = live.reader("ring");
      timer = setInterval(() => ring.drain(() => undefined), 10);
    }
    const ids = names.map((name) => live.program(name).id());
    return await during(ids, row, names.join(" "));
  } finally {
    clearInterval(timer);
    live.close();
  }
}

/** The cost of an event while the row's load runs. @param {readonly number[]} ids @param {EventRow} row @param {string} who */
async function during(ids, row, who) {
  const before = runs(ids);
  const [command = "", ...words] = row.load;
  const child = spawn(command, words, { env: childEnvironment(), stdio: "ignore" });
  await once(child, "exit");
  const after = runs(ids);
  const events = after.count - before.count;
  if (events < row.least) throw new Error(`${who} saw ${events} of at least ${row.least} events`);
  return { ns: (after.nanoseconds - before.nanoseconds) / events, bytes: after.bytes };
}
