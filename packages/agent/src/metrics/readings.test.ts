import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { scalarFamily } from "../exposition/family.ts";
import { Readings } from "./readings.ts";

test("whoever asks at once shares one reading, and nobody gets one that was taken before", async () => {
  let taken = 0;
  const readings = new Readings(() => [scalarFamily("gauge", { name: "taken", help: "h" }, [["", ++taken]])]);
  const [first, second] = await Promise.all([readings.take(), readings.take()]);
  assert.equal(first, second);
  await turn();
  const third = await readings.take();
  assert.equal(taken, 2);
  assert.notEqual(third, first);
});

test("a reading that fails is told to those who asked, and the next one is tried", async () => {
  let broken = true;
  const readings = new Readings(() => {
    if (broken) throw new Error("the map is gone");
    return [];
  });
  await assert.rejects(readings.take(), /the map is gone/);
  broken = false;
  assert.deepEqual((await readings.take()).families, []);
});
