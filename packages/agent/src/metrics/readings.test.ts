import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { scalarFamily } from "../exposition/family.ts";
import { Readings } from "./readings.ts";
import { oneStep } from "../turns.ts";

test("whoever asks at once shares one reading, and nobody gets one that was taken before", async () => {
  let taken = 0;
  const readings = new Readings(() =>
    oneStep(() => [scalarFamily("gauge", { name: "taken", help: "h" }, [["", ++taken]])]),
  );
  const [first, second] = await Promise.all([readings.take(), readings.take()]);
  assert.equal(first, second);
  await turn();
  const third = await readings.take();
  assert.equal(taken, 2);
  assert.notEqual(third, first);
});

test("a reading that fails is told to those who asked, and the next one is tried", async () => {
  let broken = true;
  const readings = new Readings(() =>
    oneStep(() => {
      if (broken) throw new Error("the map is gone");
      return [];
    }),
  );
  await assert.rejects(readings.take(), /the map is gone/);
  broken = false;
  assert.deepEqual((await readings.take()).families, []);
});

test("who asks while one is taken gets the next, which begins when that one has ended", async () => {
  const log: string[] = [];
  let begun = 0;
  const readings = new Readings(function* () {
    const number = ++begun;
    log.push(`begin ${number}`);
    // Longer than a turn.
    for (const until = performance.now() + 20; performance.now() < until;) yield;
    log.push(`end ${number}`);
    return [];
  });
  const first = readings.take();
  await turn();
  await turn();
  assert.deepEqual(log, ["begin 1"]);
  const [second, third] = [readings.take(), readings.take()];
  assert.equal(second, third);
  assert.notEqual(await second, await first);
  assert.deepEqual(log, ["begin 1", "end 1", "begin 2", "end 2"]);
});
