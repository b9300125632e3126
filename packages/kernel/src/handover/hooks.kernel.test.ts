import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { atomicAdd, exit, type Instruction, loadMapValue, mov64, mov64Imm, withLabel } from "@sonde/bpf/asm";
import type { AttachTarget, ObjectSpec, ProgramType } from "@sonde/bpf/spec";
import type { Collection } from "../collection/collection.ts";
import { loadCollection } from "../collection/load.ts";
import { testMap, testObject } from "../collection/test-object.ts";
import { testFrame } from "../links/net/testing/frames.ts";
import { TestNamespace } from "../links/net/testing/namespace.ts";
import { testFramesOfXdp } from "../links/net/testing/packet-counter.ts";
import { settlesAt } from "../links/net/testing/settle.ts";
import { sendFrames } from "../links/net/testing/sockets.ts";
import { leaked, openKernel, openKernelDescriptors } from "../sys/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { Hooks } from "./hooks.ts";
import { hookPlaces } from "./place.ts";

const kernel = openKernel();
const PASS = 2;
const FRAMES = 300;
const vmlinux = (): undefined => undefined;

/** An object whose one program counts its runs (of the test's own frames, for XDP). */
function counting(
  type: ProgramType,
  target: AttachTarget,
  answer: number,
  only: readonly Instruction[] = [],
): ObjectSpec {
  const instructions = [
    mov64(6, 1),
    ...only,
    loadMapValue(1, "count", 0),
    mov64Imm(2, 1),
    atomicAdd(8, 1, 0, 2),
    withLabel(mov64Imm(0, answer), "out"),
    exit(),
  ];
  return testObject(
    [{ name: "count_runs", type, attach: [target], instructions }],
    [testMap("count", "array", { maxEntries: 1 })],
  );
}

function counterOf(collection: Collection): { readonly count: number } {
  const map = collection.map("count");
  return {
    get count() {
      const value = map.lookup(new Uint8Array(4));
      return value === undefined ? 0 : Number(new DataView(value.buffer).getBigUint64(0, true));
    },
  };
}

kernelTest("XDP is handed over in the link, pinned, and taken up again", async () => {
  const before = openKernelDescriptors();
  const folder = mkdtempSync("/sys/fs/bpf/sonde-test-");
  {
    using namespace = new TestNamespace(kernel);
    namespace.addPair("veth", "v0", "v1");
    const spec = counting("xdp", { kind: "xdp", device: "v1" }, PASS, testFramesOfXdp());
    using first = loadCollection(kernel, spec, { vmlinux });
    using second = loadCollection(kernel, spec, { vmlinux });
    const send = (): void => namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), FRAMES));

    const hooks = new Hooks(kernel, { vmlinux, folder });
    const [hook] = await namespace.run(() => hooks.attach(hookPlaces(first)));
    assert.equal(hook?.way, "link");
    assert.equal(hook.pinned, true);
    send();
    await settlesAt(counterOf(first), FRAMES, "frames");
    hook.set(second.program("count_runs"));
    send();
    await settlesAt(counterOf(second), FRAMES, "frames after the hand-over");

    // As if the process had ended.
    hook.close();
    const [place] = hookPlaces(first);
    const again = new Hooks(kernel, { vmlinux, folder }).open(place!);
    assert.ok(again !== undefined);
    send();
    await settlesAt(counterOf(second), 2 * FRAMES, "frames while nobody held the link");
    again.set(first.program("count_runs"));
    send();
    await settlesAt(counterOf(first), 2 * FRAMES, "frames after it was taken up");

    again.silence();
    send();
    await settlesAt(counterOf(first), 2 * FRAMES, "frames while it was silent");
    namespace.run(() => again.set(second.program("count_runs")));
    send();
    await settlesAt(counterOf(second), 3 * FRAMES, "frames after it was set again");

    again.silence();
    await again.detach();
    send();
    await settlesAt(counterOf(second), 3 * FRAMES, "frames after the end");
  }
  assert.deepEqual(readdirSync(folder), []);
  rmdirSync(folder);
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("a half made hook is not taken up, and what nobody wants any more is swept", async () => {
  const folder = mkdtempSync("/sys/fs/bpf/sonde-test-");
  const target = { kind: "rawTracepoint", name: "sched_switch" } as const;
  using collection = loadCollection(kernel, counting("raw_tracepoint", target, 0), { vmlinux });
  const hooks = new Hooks(kernel, { vmlinux, folder });
  const [hook] = await hooks.attach(hookPlaces(collection));
  assert.equal(hook?.way, "root");
  const [name = ""] = readdirSync(folder);
  assert.match(name, /^rawtracepoint_sched_switch-[0-9a-f]{12}$/);
  assert.deepEqual(readdirSync(`${folder}/${name}`).sort(), ["link0", "slot"]);
  const counter = counterOf(collection);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(counter.count > 0);

  // Silenced it stays attached, and nobody gets its events.
  hook.silence();
  const silent = counter.count;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(counter.count <= silent + 1);
  hook.set(collection.program("count_runs"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(counter.count > silent + 1);

  hook.close();
  hooks.sweep([{ key: "another", description: "another" }]);
  assert.deepEqual(readdirSync(folder), []);
  assert.equal(hooks.open(hookPlaces(collection)[0]!), undefined);
  rmdirSync(folder);
});
