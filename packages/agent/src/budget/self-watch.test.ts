import assert from "node:assert/strict";
import { test } from "node:test";
import { SelfWatch } from "./self-watch.ts";

interface Tried {
  readonly watch: SelfWatch;
  readonly done: string[];
  /** Five seconds with this share of a CPU and this much memory. */
  readonly pass: (cpu: number, memory: number) => void;
}

function tried(): Tried {
  const done: string[] = [];
  const now = { at: 0, cpu: 0, memory: 0 };
  const monitor = (name: string, series: number, events: number) => ({
    name,
    burden: () => ({ series, events }),
    trip: (reason: string) => {
      done.push(`${name}: ${reason}`);
      return Promise.resolve();
    },
  });
  const monitors = [monitor("small", 10, 5), monitor("wide", 1000, 0), monitor("loud", 10, 90_000)];
  const watch = new SelfWatch({
    limits: { memory: 100e6, cpu: 0.5 },
    monitors: () => monitors,
    economize: (on, reason) => void done.push(`economy ${on}: ${reason}`),
    collect: () => void done.push("collected"),
    usage: () => ({ ...now }),
  });
  const pass = (cpu: number, memory: number): void => {
    now.at += 5000;
    now.cpu += cpu * 5000;
    now.memory = memory * 1e6;
    watch.look();
  };
  return { watch, done, pass };
}

test("a moment over a limit is nothing", () => {
  const { done, pass } = tried();
  for (let i = 0; i < 10; i++) pass(i % 2 === 0 ? 0.9 : 0.1, 50);
  assert.deepEqual(done, []);
});

test("over the CPU limit: economy first, then the monitor with the most events", () => {
  const { done, pass } = tried();
  pass(0.9, 50);
  pass(0.9, 50);
  assert.deepEqual(done, ["economy true: the agent took 90% of a CPU; its limit is 50%"]);
  pass(0.9, 50);
  pass(0.9, 50);
  assert.match(done[1] ?? "", /^loud: the agent took 90% of a CPU.*most \(90010 events and series\)$/);
});

test("over the memory limit: economy, the monitor with the most series, and back after a minute of calm", () => {
  const { watch, done, pass } = tried();
  pass(0.1, 200);
  assert.deepEqual(done, ["collected"]);
  for (let i = 0; i < 3; i++) pass(0.1, 200);
  assert.match(done[1] ?? "", /^economy true: the agent has 200 MB of memory; its limit is 100 MB/);
  assert.equal(done[2], "collected");
  assert.match(done[3] ?? "", /^wide: the agent has 200 MB of memory; its limit is 100 MB/);
  for (let i = 0; i < 11; i++) pass(0.1, 50);
  assert.equal(watch.economy, true);
  pass(0.1, 50);
  assert.equal(watch.economy, false);
  assert.equal(done[4], "economy false: the agent is below its limits again");
});
