// The library beside libbpf: an object loaded, a map read, a ring drained, the kernel's types searched.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { compileBpf, compileProgram } from "../../test/support/clang.js";
import { temporaryFolder } from "../../test/support/folder.js";
import { childEnvironment, root } from "../../tools/lib/environment.js";
import { ensureDebianPackages } from "../../tools/lib/prepare.js";
import { measure } from "../lib/child.js";
import { median, takeTurns } from "../lib/statistics.js";

/** @typedef {import("../lib/report.js").Row} Row */

const folder = fileURLToPath(new URL("../library", import.meta.url));
const sonde = path.join(root, "bin/sonde");
/** What the verifier has to do for each of forty programs: ancestors that a program looks through. */
const objects = { "forty programs": 0, "forty that look through 16 ancestors": 16, "forty that look through 64": 64 };
const SYSTEM_CALLS = 300_000;

/**
 * @param {Record<string, readonly string[]>} _contenders of the other suites
 * @param {number} rounds
 * @returns {Promise<Row[]>}
 */
export async function library(_contenders, rounds) {
  ensureDebianPackages(["clang-16", "libbpf-dev", "bpftool"]);
  const made = temporaryFolder();
  return [
    ...(await starting(rounds)),
    ...(await loading(made, rounds)),
    ...(await resolving(rounds)),
    ...(await reading(made, rounds)),
    ...(await draining(made, rounds)),
  ];
}

/** What every load includes: Node.js, which a command needs before any of its own code runs, and bpftool doing nothing. @param {number} rounds */
async function starting(rounds) {
  const costs = await takeTurns(rounds, {
    ours: () => measure([process.execPath, "-e", "0"]).cpu,
    peer: () => measure(["bpftool", "version"]).cpu,
  });
  return [
    {
      suite: "library",
      name: "start Node.js (bpftool) for nothing, part of each load",
      quantity: "CPU ms",
      ours: costs["ours"] ?? [],
      peer: costs["peer"] ?? [],
    },
  ];
}

/** Loads and pins the programs of an object. @param {string} made @param {number} rounds */
async function loading(made, rounds) {
  const pins = `/sys/fs/bpf/sonde-bench-${process.pid}`;
  /** @type {Row[]} */
  const rows = [];
  for (const [name, ancestors] of Object.entries(objects)) {
    const object = path.join(made, `forty-${ancestors}.bpf.o`);
    compileBpf(path.join(folder, "forty.bpf.c"), object, ancestors === 0 ? [] : [`-DANCESTORS=${ancestors}`]);
    /** @param {readonly string[]} command */
    const pinned = (command) => {
      const cost = measure(command);
      rmSync(pins, { recursive: true });
      return cost;
    };
    const costs = await takeTurns(rounds, {
      ours: () => pinned([sonde, "load", object, "--pin", pins]),
      peer: () => pinned(["bpftool", "prog", "loadall", object, pins]),
    });
    for (const [quantity, key] of /** @type {const} */ ([
      ["CPU ms", "cpu"],
      ["peak MB", "memory"],
    ])) {
      const [ours = [], peer = []] = [costs["ours"], costs["peer"]].map((list) => list?.map((cost) => cost[key]));
      rows.push({ suite: "library", name: `load ${name}`, quantity, ours, peer });
    }
  }
  return rows;
}

/** Nothing of a peer's is alike: libbpf reads all types at once. @param {number} rounds */
async function resolving(rounds) {
  const kinds = ["fresh", "cached"];
  const runs = kinds.map((kind) => [kind, () => json(process.execPath, [script("resolve"), kind]).cpu]);
  const costs = await takeTurns(rounds, Object.fromEntries(runs));
  return kinds.map((kind) => ({
    suite: "library",
    name: `15 fields of three structs, ${kind === "fresh" ? "no index kept" : "index kept from before"}`,
    quantity: "CPU ms",
    ours: costs[kind] ?? [],
    peer: [],
  }));
}

/** @param {string} made @param {number} rounds */
async function reading(made, rounds) {
  const program = compileProgram(path.join(folder, "maps.c"), path.join(made, "maps"), ["bpf"]);
  /** @type {Row[]} */
  const rows = [];
  for (const entries of [10_000, 100_000]) {
    const figures = await takeTurns(rounds, {
      ours: () => json(process.execPath, [script("maps"), String(entries)]),
      peer: () => json(program, [String(entries)]),
    });
    const [ours = [], peer = []] = [figures["ours"], figures["peer"]];
    if (ours[0].sum !== peer[0].sum) throw new Error(`read different entries: ${ours[0].sum} and ${peer[0].sum}`);
    const [mine, theirs] = [ours, peer].map((list) => list.map(({ passes }) => median(passes)));
    rows.push({
      suite: "library",
      name: `read a hash of ${entries} entries`,
      quantity: "ns/entry",
      ours: mine ?? [],
      peer: theirs ?? [],
    });
  }
  return rows;
}

/** @param {string} made @param {number} rounds */
async function draining(made, rounds) {
  const object = compileBpf(path.join(folder, "rings.bpf.c"), path.join(made, "rings.bpf.o"));
  const program = compileProgram(path.join(folder, "rings.c"), path.join(made, "rings"), ["bpf"]);
  const words = [object, String(SYSTEM_CALLS)];
  const figures = await takeTurns(rounds, {
    ours: () => json(process.execPath, [script("rings"), ...words]),
    peer: () => json(program, words),
  });
  const [ours = [], peer = []] = [figures["ours"], figures["peer"]];
  for (const { live } of [...ours, ...peer]) {
    if (live.lost > 0 || live.events < 2 * SYSTEM_CALLS) throw new Error(`lost events: ${JSON.stringify(live)}`);
  }
  /** @type {(name: string, pick: (figure: any) => number) => Row} */
  const row = (name, pick) => ({
    suite: "library",
    name,
    quantity: "ns/event",
    ours: ours.map(pick),
    peer: peer.map(pick),
  });
  return [
    row("drain a full ring, events of 8 bytes", ({ small }) => median(small)),
    row("drain a full ring, events of 248 bytes", ({ large }) => median(large)),
    row("drain while events are made, own CPU", ({ live }) => live.perEvent),
  ];
}

/** @param {string} name */
function script(name) {
  return path.join(folder, `${name}.js`);
}

/** What a program prints. @param {string} command @param {readonly string[]} words */
function json(command, words) {
  return JSON.parse(execFileSync(command, words, { cwd: root, env: childEnvironment(), encoding: "utf8" }));
}
