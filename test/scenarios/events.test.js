// An event stream at full speed: what is printed and what is reported lost add up to what happened,
// on every CPU.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ddCommand, startSonde } from "../support/sonde.js";

const events = 1_000_000;

test("of a million events, each is printed or reported lost", async () => {
  // The same handler counts and prints, so the counts are the truth for each CPU.
  const program =
    'tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @true[cpu] = count(); printf("cpu %d\\n", cpu); }';
  /** @type {Map<string, number>} */
  const accounted = new Map();
  const add = (/** @type {string} */ cpu, /** @type {number} */ count) =>
    accounted.set(cpu, (accounted.get(cpu) ?? 0) + count);
  let lostInAll = 0;
  /** @type {Record<string, number>} */
  let truth = {};
  const onLine = (/** @type {string} */ line) => {
    const { type, data } = JSON.parse(line);
    if (type === "printf") {
      for (const [, cpu] of data.matchAll(/cpu (\d+)\n/g)) add(cpu, 1);
    } else if (type === "lost_events") {
      lostInAll += data.events;
      for (const [cpu, count] of Object.entries(data.cpus ?? {})) add(cpu, Number(count));
    } else if (type === "map") {
      truth = data["@true"] ?? truth;
    }
  };
  const words = ["trace", "-f", "json", "-e", program, "-c", ddCommand(events).join(" ")];
  const { status, stderr } = await startSonde(words, { onLine }).ended;
  assert.equal(status, 0, stderr);
  assert.equal(sum(Object.values(truth)), events);
  assert.deepEqual(Object.fromEntries(accounted), truth, `${lostInAll} lost in all`);
});

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
