// One object opened, loaded, attached, fed, read and closed over and over, and what is left of it.
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { stopAll } from "@sonde/kernel/links";
import { listBtf, listLinks, listMaps, listPrograms } from "@sonde/kernel/objects";
import { openKernel } from "@sonde/kernel/sys";
import { loadObject, openObject } from "sonde";

/** Roads by which the object sees each event. */
export const ROADS = 3;
/** Rounds under way together: the kernel makes each wait when it detaches, and lets all wait at once. */
const GROUP = 10;

/** @typedef {{ round: number, resident: number }} Sample `resident` in bytes, after a collection */

/**
 * @typedef {object} Endured
 * @property {number} events seen in the rings, over all rounds
 * @property {Sample[]} samples
 * @property {number} descriptorsBefore after the first rounds, which opens what stays open
 * @property {number} descriptorsAfter
 * @property {string[]} leftovers ids that the kernel still has, such as "map 12"
 */

/**
 * @param {string} file the object
 * @param {number} rounds a multiple of ten
 * @param {number} samples how many times to look at memory on the way
 * @returns {Promise<Endured>}
 */
export async function endure(file, rounds, samples) {
  const kernel = openKernel();
  const every = Math.floor(rounds / samples);
  /** @type {Sample[]} */
  const taken = [];
  /** @type {Set<string>} */
  const made = new Set();
  let events = 0;
  let descriptorsBefore = 0;
  for (let round = GROUP; round <= rounds; round += GROUP) {
    events += await runGroup(kernel, file, made);
    if (round === GROUP) descriptorsBefore = descriptors();
    if (Math.floor(round / every) === taken.length) continue;
    await collect();
    forgetGone(kernel, made);
    taken.push({ round, resident: process.memoryUsage.rss() });
  }
  await collect();
  const descriptorsAfter = descriptors();
  return { events, samples: taken, descriptorsBefore, descriptorsAfter, leftovers: await leftovers(kernel, made) };
}

/**
 * A group of rounds whose objects are live at the same time, each with links and a ring of its own.
 * @param {import("sonde").Kernel} kernel
 * @param {string} file
 * @param {Set<string>} made ids, to be added to
 */
async function runGroup(kernel, file, made) {
  /** @type {import("sonde").LiveObject[]} */
  const group = [];
  try {
    for (let member = 0; member < GROUP; member++) {
      const object = openObject(file);
      object.globals(".rodata")["watched"] = process.pid;
      const live = loadObject(object, { kernel });
      group.push(live);
      live.attach();
      live.reader("events");
    }
    process.getuid?.();
    return group.reduce((events, live) => events + readObject(live, made), 0);
  } finally {
    await stopAll(group.flatMap(({ links }) => links));
    for (const live of group) live.close();
  }
}

/** How many events it has seen, which its ring, maps and variables must agree on. @param {import("sonde").LiveObject} live @param {Set<string>} made */
function readObject(live, made) {
  let events = 0;
  live.reader("events").drain(() => events++);
  for (const link of live.links) made.add(`link ${link.info().id}`);
  for (const program of live.collection.programs) made.add(`prog ${program.id()}`);
  for (const map of live.collection.maps) made.add(`map ${map.info().id}`).add(`btf ${map.info().btfId}`);
  if (live.globals(".bss")["number"] !== events) throw new Error("the programs and the ring count differently");
  if ([...live.typed("counts").entries()].length !== ROADS) throw new Error("a program has not run");
  return events;
}

/** Open descriptors of this process. */
function descriptors() {
  return readdirSync("/proc/self/fd").length;
}

/** Frees what nothing refers to any more, foreign memory included. */
async function collect() {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  for (let pass = 0; pass < 2; pass++) {
    gc();
    await sleep(1); // finalizers run between tasks
  }
}

/** The kernel frees on its own threads, some grace periods later. @param {import("sonde").Kernel} kernel @param {Set<string>} made */
async function leftovers(kernel, made) {
  for (let attempt = 0; ; attempt++) {
    forgetGone(kernel, made);
    if (made.size === 0 || attempt === 50) return [...made];
    await collect();
    await sleep(100);
  }
}

/** Leaves only what the kernel still has, so that the list itself does not grow. @param {import("sonde").Kernel} kernel @param {Set<string>} made */
function forgetGone(kernel, made) {
  const there = new Set(existing(kernel));
  for (const id of made) if (!there.has(id)) made.delete(id);
}

/** @param {import("sonde").Kernel} kernel */
function existing(kernel) {
  const kinds = { prog: listPrograms(kernel), map: listMaps(kernel), link: listLinks(kernel), btf: listBtf(kernel) };
  return Object.entries(kinds).flatMap(([kind, objects]) => [...objects].map(({ id }) => `${kind} ${id}`));
}
