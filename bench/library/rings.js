// rings.js OBJECT SYSTEM_CALLS: drains what rings.bpf.c makes, through our library. Prints what rings.c prints.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { loadObject } from "sonde";

const [object = "", calls = ""] = process.argv.slice(2);
const PASSES = 9;
/** Milliseconds between two looks into the ring. */
const INTERVAL = 10;

const live = loadObject(object);
const ring = live.reader("ring");
let sum = 0;
/** @param {DataView} view @param {number} offset */
function visit(view, offset) {
  sum += view.getUint32(offset, true) + view.getUint32(offset + 4, true);
}

/** Nanoseconds an event, from a full ring. @param {string} program */
function fullRing(program) {
  const passes = [];
  for (let pass = 0; pass < PASSES; pass++) {
    while (live.program(program).testRun().returned === 512);
    const start = process.hrtime.bigint();
    const events = ring.drain(visit);
    passes.push(Number(process.hrtime.bigint() - start) / events);
  }
  return passes;
}

/** This process's CPU nanoseconds an event, while another one makes them. */
async function whileMade() {
  const settings = live.typed("settings");
  settings.set(0, process.pid);
  live.attach("live");
  const before = process.cpuUsage();
  let events = 0;
  const timer = setInterval(() => (events += ring.drain(visit)), INTERVAL);
  const dd = spawn("dd", ["if=/dev/zero", "of=/dev/null", "bs=1", `count=${calls}`, "status=none"]);
  await once(dd, "exit");
  clearInterval(timer);
  events += ring.drain(visit);
  const { user, system } = process.cpuUsage(before);
  return { perEvent: ((user + system) * 1000) / events, events, lost: settings.get(1) };
}

const figures = { small: fullRing("fill_small"), large: fullRing("fill_large"), live: await whileMade() };
live.close();
console.log(JSON.stringify({ ...figures, sum }));
