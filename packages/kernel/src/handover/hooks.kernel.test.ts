import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { atomicAdd, exit, type Instruction, loadMapValue, mov64, mov64Imm, withLabel } from "@sonde/bpf/asm";
import type { AttachTarget, ObjectSpec, ProgramType } from "@sonde/bpf/spec";
import type { Collection } from "../collection/collection.ts";
import { loadCollection } from "../collection/load.ts";
import { testMap, testObject } from "../collection/test-object.ts";
import { kernelTypes, objectSpec, objectWith } from "../collection/testing/objects.ts";
import { sendBy } from "../links/testing/congestion.ts";
import { testFrame } from "../links/net/testing/frames.ts";
import { TestCgroup } from "../links/net/testing/cgroup.ts";
import { TestNamespace } from "../links/net/testing/namespace.ts";
import { testFramesOfSkb, testFramesOfXdp } from "../links/net/testing/packet-counter.ts";
import { settlesAt } from "../links/net/testing/settle.ts";
import { sendFrames, TestSocket } from "../links/net/testing/sockets.ts";
import { BpfCommand, Errno, type Kernel, leaked, openKernel, openKernelDescriptors } from "../sys/index.ts";
import type { KernelFeature } from "../testing/kernel-features.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import type { Hook } from "./hook.ts";
import { Hooks } from "./hooks.ts";
import { type HookPlace, hookPlaces } from "./place.ts";

const kernel = openKernel();
const PASS = 2;
const EVENTS = 300;
const vmlinux = kernelTypes();

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

interface Traffic {
  readonly namespace: TestNamespace;
  readonly group: TestCgroup;
}

interface Row {
  readonly spec: (group: string) => ObjectSpec;
  readonly way: "link" | "root";
  readonly send: (traffic: Traffic) => void;
  readonly needs?: readonly KernelFeature[];
}

const ACCEPT = 1;
const TC_OK = 0;
const frames = ({ namespace }: Traffic): void =>
  namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), EVENTS));
const datagrams = ({ namespace, group }: Traffic): void =>
  namespace.run(() =>
    group.run(() => {
      const place = { family: 4, port: 4001 } as const;
      using receiver = new TestSocket(kernel, place, "datagram").bind(place);
      using sender = new TestSocket(kernel, place, "datagram");
      sender.send(EVENTS, place);
      receiver.receive(1);
    }),
  );

/** On a machine where nobody else removes any, which a guest is. */
const removeDirectories = (): void => {
  const folder = mkdtempSync(path.join(tmpdir(), "sonde-hooks-"));
  const folders = Array.from({ length: EVENTS - 1 }, (_, index) => path.join(folder, String(index)));
  for (const each of folders) mkdirSync(each);
  for (const each of [...folders, folder]) rmdirSync(each);
};

const ROWS: Readonly<Record<string, Row>> = {
  XDP: {
    spec: () => counting("xdp", { kind: "xdp", device: "v1" }, PASS, testFramesOfXdp()),
    way: "link",
    send: frames,
  },
  TCX: {
    spec: () => counting("sched_cls", { kind: "tc", device: "v1", direction: "ingress" }, TC_OK, testFramesOfSkb()),
    way: "link",
    send: frames,
    needs: ["tcx"],
  },
  "a control group's packets": {
    spec: (path) => counting("cgroup_skb", { kind: "cgroup", path, attachType: "cgroup_inet_egress" }, ACCEPT),
    way: "link",
    send: datagrams,
  },
  "the look-up of sockets": {
    spec: () => counting("sk_lookup", { kind: "netns", attachType: "sk_lookup" }, ACCEPT),
    way: "link",
    send: datagrams,
  },
  "a hook of LSM": {
    spec: () => counting("lsm", { kind: "lsm", hook: "inode_rmdir", cgroup: false }, 0),
    way: "root",
    send: removeDirectories,
    needs: ["lsm"],
  },
  "a hook of LSM for a control group": {
    spec: (path) => counting("lsm", { kind: "lsm", hook: "socket_sendmsg", cgroup: true, path }, ACCEPT),
    way: "link",
    send: datagrams,
    needs: ["lsm_cgroup"],
  },
  "a function's result": {
    spec: () => counting("tracing", { kind: "fmodRet", function: "security_inode_rmdir" }, 0),
    way: "root",
    send: removeDirectories,
    needs: ["fmod_ret"],
  },
  "netfilter, whose links the kernel does not update,": {
    spec: () => counting("netfilter", { kind: "netfilter", family: "ipv4", hook: "output", priority: -7 }, ACCEPT),
    way: "root",
    send: datagrams,
    needs: ["netfilter_link"],
  },
};

for (const [name, { spec: make, way, send: sendTo, needs = [] }] of Object.entries(ROWS)) {
  kernelTest(`${name} is handed over in place, pinned, and taken up again`, { needs }, async () => {
    const before = openKernelDescriptors();
    const folder = mkdtempSync("/sys/fs/bpf/sonde-test-");
    const group = new TestCgroup("sonde-hooks");
    try {
      using namespace = new TestNamespace(kernel);
      namespace.addPair("veth", "v0", "v1");
      const spec = make(group.path);
      using first = loadCollection(kernel, spec, { vmlinux });
      using second = loadCollection(kernel, spec, { vmlinux });
      const send = (): void => sendTo({ namespace, group });

      const hooks = new Hooks(kernel, { vmlinux, folder });
      const [hook] = await namespace.run(() => hooks.attach(hookPlaces(first)));
      assert.equal(hook?.way, way);
      assert.equal(hook.pinned, true);
      send();
      await settlesAt(counterOf(first), EVENTS, "events");
      hook.set(second.program("count_runs"));
      send();
      await settlesAt(counterOf(second), EVENTS, "events after the hand-over");

      // As if the process had ended.
      hook.close();
      const [place] = hookPlaces(first);
      const again = new Hooks(kernel, { vmlinux, folder }).open(place!);
      assert.ok(again !== undefined);
      assert.equal(again.way, way);
      send();
      await settlesAt(counterOf(second), 2 * EVENTS, "events while nobody held the link");
      again.set(first.program("count_runs"));
      send();
      await settlesAt(counterOf(first), 2 * EVENTS, "events after it was taken up");

      again.silence();
      send();
      await settlesAt(counterOf(first), 2 * EVENTS, "events while it was silent");
      namespace.run(() => again.set(second.program("count_runs")));
      send();
      await settlesAt(counterOf(second), 3 * EVENTS, "events after it was set again");

      again.silence();
      await again.detach();
      send();
      await settlesAt(counterOf(second), 3 * EVENTS, "events after the end");
    } finally {
      await group.remove();
    }
    assert.deepEqual(readdirSync(folder), []);
    rmdirSync(folder);
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  });
}

/** As before TCX: programs go to filters, which outlive the process and cannot be pinned. */
const linkless: Kernel = {
  ...kernel,
  bpf: (command, attr) => (command === BpfCommand.LINK_CREATE ? -Errno.EINVAL : kernel.bpf(command, attr)),
};

kernelTest("without TCX a filter that a killed process left is replaced by the next one's", async () => {
  const before = openKernelDescriptors();
  const folder = mkdtempSync("/sys/fs/bpf/sonde-test-");
  {
    using namespace = new TestNamespace(kernel);
    namespace.addPair("veth", "v0", "v1");
    using first = loadCollection(kernel, ROWS["TCX"]!.spec(""), { vmlinux });
    using second = loadCollection(kernel, ROWS["TCX"]!.spec(""), { vmlinux });
    const attach = async (collection: Collection): Promise<Hook> =>
      (await namespace.run(() => new Hooks(linkless, { vmlinux, folder }).attach(hookPlaces(collection))))[0]!;
    const send = (): void => namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), EVENTS));
    const killed = await attach(first);
    assert.deepEqual([killed.way, killed.road, killed.pinned], ["link", "clsact filter", false]);
    send();
    await settlesAt(counterOf(first), EVENTS, "frames");
    const next = await attach(second);
    send();
    await settlesAt(counterOf(second), EVENTS, "frames after the next process came");
    assert.equal(counterOf(first).count, EVENTS);
    next.set(first.program("count_runs"));
    send();
    await settlesAt(counterOf(first), 2 * EVENTS, "frames after the hand-over");
    await next.detach();
    await killed.detach();
    send();
    await settlesAt(counterOf(second), EVENTS, "frames after the end");
  }
  rmdirSync(folder);
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest(
  "a congestion control's next version takes its place by the link",
  { needs: ["struct_ops_link"] },
  async () => {
    const folder = mkdtempSync("/sys/fs/bpf/sonde-test-");
    const object = objectWith("congestion", "ssthresh", "undo", "avoid", "begin");
    object.map("plain").autocreate = false;
    object.map("linked").autocreate = true;
    using first = loadCollection(kernel, object.spec(), { vmlinux });
    using second = loadCollection(kernel, object.spec(), { vmlinux });
    const subject = (collection: Collection): HookPlace["subject"] => hookPlaces(collection)[0]!.subject;
    const asked = (collection: Collection): number => Number(collection.globals("bss")["asked"]);

    const hooks = new Hooks(kernel, { vmlinux, folder });
    const [hook] = await hooks.attach(hookPlaces(first));
    assert.deepEqual([hook?.way, hook?.pinned, hook?.description], ["link", true, "struct_ops:linked"]);
    sendBy("sonde_linked");
    const before = asked(first);
    assert.ok(before > 0);
    hook!.set(subject(second));
    sendBy("sonde_linked");
    assert.equal(asked(first), before);
    assert.ok(asked(second) > 0);
    // Back, after another process took it up.
    hook!.close();
    const again = new Hooks(kernel, { vmlinux, folder }).open(hookPlaces(second)[0]!);
    again!.set(subject(first));
    sendBy("sonde_linked");
    assert.ok(asked(first) > before);
    await again!.detach();
    assert.throws(() => sendBy("sonde_linked"));
    assert.deepEqual(readdirSync(folder), []);
    rmdirSync(folder);
  },
);

kernelTest("a struct_ops map without a link is refused, with what to do", { needs: ["struct_ops"] }, () => {
  using plain = loadCollection(kernel, objectSpec("congestion"), { vmlinux });
  assert.throws(() => hookPlaces(plain), /'plain' is registered without a link.*\.struct_ops\.link/s);
});

kernelTest("a device that went away and came again is attached to anew", async () => {
  using namespace = new TestNamespace(kernel);
  namespace.addPair("veth", "v0", "v1");
  using first = loadCollection(kernel, ROWS["XDP"]!.spec(""), { vmlinux });
  const [hook] = await namespace.run(() => new Hooks(kernel, { vmlinux }).attach(hookPlaces(first)));
  const remake = (): void => {
    namespace.print("ip", "link", "del", "v0");
    namespace.addPair("veth", "v0", "v1");
  };
  remake();
  namespace.run(() => hook!.set(first.program("count_runs")));
  namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), EVENTS));
  await settlesAt(counterOf(first), EVENTS, "frames at the new device");
  // By itself, too, as soon as somebody looks.
  assert.equal(hook!.lookAfter().is, "there");
  namespace.print("ip", "link", "del", "v0");
  const away = namespace.run(() => hook!.lookAfter());
  assert.match(away.is === "away" ? away.why : away.is, /v1.*ENODEV/);
  namespace.addPair("veth", "v0", "v1");
  assert.deepEqual(
    namespace.run(() => [hook!.lookAfter().is, hook!.lookAfter().is]),
    ["returned", "there"],
  );
  namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), EVENTS));
  await settlesAt(counterOf(first), 2 * EVENTS, "frames at the device that returned");
  namespace.print("ip", "link", "del", "v0");
  namespace.run(() => hook!.set(first.program("count_runs")));
  assert.equal(
    namespace.run(() => hook!.lookAfter().is),
    "away",
  );
  hook!.silence();
  assert.equal(
    namespace.run(() => hook!.lookAfter().is),
    "there",
    "nobody asked for it any more",
  );
  assert.throws(() => namespace.run(() => hook!.set(first.program("count_runs"))), /v1.*ENODEV|ENODEV.*v1/s);
  await hook!.detach();
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
  assert.deepEqual(readdirSync(`${folder}/${name}`).sort(), ["link0", "running", "slot"]);
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
