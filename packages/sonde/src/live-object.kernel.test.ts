import assert from "node:assert/strict";
import { kernelTest } from "@sonde/kernel/testing";
import { leaked, openKernelDescriptors } from "./kernel.ts";
import { defineObject } from "./define.ts";
import { loadObject, loadObjectAsync, openObject } from "./object.ts";

const NOTHING = "r0 = 0\nexit";
const GETPPID = "tracepoint/syscalls/sys_enter_getppid";

kernelTest("what does not say where it belongs is attached by name only with a target", () => {
  using live = loadObject(defineObject({ programs: { nowhere: { section: "raw_tp", code: NOTHING } } }));
  assert.deepEqual(live.attach(), []);
  assert.throws(() => live.attach("nowhere"), /program 'nowhere' \(raw_tp\) does not say where/);
  assert.throws(() => live.attach("absent"), /has no program 'absent'/);
  const link = live.attachTo("nowhere", { kind: "rawTracepoint", name: "sys_enter" });
  assert.deepEqual(live.links, [link]);
});

kernelTest("when one place is refused nothing is attached, and nothing is left open", () => {
  const before = openKernelDescriptors();
  {
    const object = openObject(defineObject({ programs: { run: { section: GETPPID, code: NOTHING } } }));
    object.program("run").attach = [
      { kind: "tracepoint", category: "syscalls", name: "sys_enter_getppid" },
      { kind: "tracepoint", category: "syscalls", name: "absent" },
    ];
    using live = loadObject(object);
    const loaded = openKernelDescriptors();
    assert.throws(() => live.attach(), /no such tracepoint/);
    assert.deepEqual(leaked(loaded, openKernelDescriptors()), []);
    assert.deepEqual(live.links, []);
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("an object that is disposed asynchronously leaves nothing", async () => {
  const before = openKernelDescriptors();
  {
    await using live = await loadObjectAsync(
      defineObject({ maps: { m: { type: "hash" } }, programs: { run: { section: GETPPID, code: NOTHING } } }),
    );
    assert.equal(live.attach().length, 1);
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("types that the object does not have are named", { needs: ["ringbuf"] }, () => {
  using live = loadObject(
    defineObject({
      maps: { events: { type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 }, plain: { type: "hash" } },
    }),
  );
  assert.throws(
    () => live.records("events", { type: "struct event" }),
    /object 'object' has no type 'struct event' in its BTF/,
  );
  assert.throws(() => live.createInner("plain"), /map 'plain' of object 'object' holds no maps/);
  assert.throws(() => live.globals(".bss"), /object 'object' has no section '.bss'/);
});
