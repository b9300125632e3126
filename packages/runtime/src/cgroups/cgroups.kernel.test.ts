import assert from "node:assert/strict";
import type { ObjectSpec } from "@sonde/bpf/spec";
import { openKernel } from "@sonde/kernel/sys";
import { kernelTest } from "@sonde/kernel/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { readFileSync } from "node:fs";
import { compile, testTarget } from "../scripts/run-script.ts";
import { withCgroupIds } from "./current-id.ts";
import { Group, startSilent, testHierarchy } from "./testing.ts";
import { walkCgroups } from "./walk.ts";
import { CgroupWatch, type CgroupEvent } from "./watch.ts";

const NAME = `/sonde-test-${process.pid}`;
const vmlinux = (): NonNullable<ReturnType<typeof testTarget>["btf"]> => testTarget().btf!;

kernelTest("every cgroup is told of with its path, its id and its maker, however short its life", async () => {
  const kernel = openKernel();
  const events: CgroupEvent[] = [];
  const watch = new CgroupWatch(kernel, vmlinux(), testHierarchy(), (event) => events.push(event));
  const outer = new Group(NAME);
  const outerId = outer.id;
  const made: { readonly path: string; readonly id: bigint }[] = [];
  try {
    for (let i = 0; i < 300; i++) {
      const group = new Group(`${NAME}/short ${i}`);
      made.push({ path: group.path, id: group.id });
      await group.remove();
    }
    watch.drain();
    assert.equal(watch.lost, 0);
  } finally {
    await outer.remove();
    watch.close();
  }
  const below = events.filter(({ path }) => path.startsWith(`${NAME}/`));
  const wanted = made.flatMap(({ path, id }) => [`made ${id} ${path}`, `removed ${id} ${path}`]);
  assert.deepEqual(
    below.map(({ what, id, path }) => `${what} ${id} ${path}`),
    wanted,
  );
  assert.ok(below.every(({ parent }) => parent === outerId));
  assert.equal(below[0]?.maker, readFileSync("/proc/thread-self/comm", "utf8").trim());
});

kernelTest("events come by themselves, without being asked for", async () => {
  const events: CgroupEvent[] = [];
  const watch = new CgroupWatch(openKernel(), vmlinux(), testHierarchy(), (event) => events.push(event));
  const group = new Group(NAME);
  try {
    for (let attempt = 0; attempt < 200 && !events.some(({ path }) => path === NAME); attempt++) await sleep(5);
    assert.ok(events.some(({ path, id }) => path === NAME && id === group.id));
  } finally {
    await group.remove();
    watch.close();
  }
});

kernelTest("a walk finds what is there, with the same ids", async () => {
  const outer = new Group(NAME);
  const inner = new Group(`${NAME}/inner`);
  try {
    const found = [...walkCgroups(testHierarchy())];
    assert.equal(found[0]?.path, "/");
    assert.equal(found.find(({ path }) => path === `${NAME}/inner`)?.id, inner.id);
    assert.equal(found.find(({ path }) => path === `${NAME}/inner`)?.parent, outer.id);
  } finally {
    await inner.remove();
    await outer.remove();
  }
});

kernelTest("programs get the id of the task's cgroup where containers live", async () => {
  const group = new Group(NAME);
  const { id } = group;
  const script = 'tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @[cgroup] = count(); }';
  const spec: ObjectSpec = withCgroupIds(compile(script), vmlinux);
  const session = await startSilent(spec);
  try {
    group.writes(1234);
    const [reading] = session.readMaps();
    const row = reading?.rows.find(({ keys }) => BigInt(keys[0] as number | bigint) === id);
    assert.deepEqual(row?.value, { kind: "count", value: 1234 });
  } finally {
    await session.stop();
    await group.remove();
  }
});
