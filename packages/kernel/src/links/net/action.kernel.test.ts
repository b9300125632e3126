import assert from "node:assert/strict";
import { UnsupportedFeatureError, leaked, openKernel, openKernelDescriptors } from "../../sys/index.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import { attachAction } from "./action.ts";
import { attachClsact } from "./clsact.ts";
import { testFrame } from "./testing/frames.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter, testFramesOfSkb } from "./testing/packet-counter.ts";
import { settlesAt } from "./testing/settle.ts";
import { sendFrames } from "./testing/sockets.ts";

const kernel = openKernel();
const COUNT = 500;
/** TC_ACT_* */
const UNSPEC = -1;
/** Ends the search for a filter; what is dropped at egress would be an error of whoever sends. */
const OK = 0;

const counter = (type: "sched_act" | "sched_cls", returns: number): PacketCounter =>
  new PacketCounter(kernel, { type, returns, only: testFramesOfSkb() });

for (const [direction, device] of [
  ["egress", "v0"],
  ["ingress", "v1"],
] as const) {
  kernelTest(
    `a sched_act program is the action of each frame at ${direction}, is replaced in place, and goes`,
    { needs: ["tc_action"] },
    async () => {
      const before = openKernelDescriptors();
      {
        using namespace = new TestNamespace(kernel);
        namespace.addPair("veth", "v0", "v1");
        using first = counter("sched_act", UNSPEC);
        using second = counter("sched_act", OK);
        using after = counter("sched_cls", UNSPEC);
        const place = { direction, device, namespace: namespace.fd } as const;
        const send = (): void => namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), COUNT));
        const link = attachAction(kernel, first, { ...place, priority: 5, name: "counted" });
        const behind = attachClsact(kernel, after, { ...place, priority: 9 });
        send();
        await settlesAt(first, COUNT, "frames");
        await settlesAt(after, COUNT, "frames that the action let go on");
        assert.throws(() => link.update(second, first), /cannot be updated on condition/);
        link.update(second);
        send();
        await settlesAt(second, COUNT, "frames after the update");
        await settlesAt(after, COUNT, "frames that the action decided do not go on to the next filter");
        assert.equal(first.count, COUNT);
        const shown = namespace.print("tc", "-s", "filter", "show", "dev", device, direction);
        assert.match(shown, new RegExp(`matchall[^]*counted[^]* id ${second.id} `));
        behind.close();
        link.close();
        assert.doesNotMatch(namespace.print("tc", "qdisc", "show", "dev", device), /clsact/);
        send();
        await settlesAt(second, COUNT, "frames after it was detached");
      }
      assert.deepEqual(leaked(before, openKernelDescriptors()), []);
    },
  );
}

kernelTest("where the kernel has no such actions that is said, and nothing is left", {}, () => {
  using namespace = new TestNamespace(kernel);
  using program = counter("sched_act", UNSPEC);
  const place = { direction: "ingress", device: "lo", namespace: namespace.fd } as const;
  try {
    attachAction(kernel, program, place).close();
  } catch (error) {
    assert.ok(error instanceof UnsupportedFeatureError, String(error));
    assert.match(error.reason, /CONFIG_NET_ACT_BPF/);
  }
  assert.doesNotMatch(namespace.print("tc", "qdisc", "show", "dev", "lo"), /clsact/);
});
