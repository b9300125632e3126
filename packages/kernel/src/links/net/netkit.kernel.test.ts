import assert from "node:assert/strict";
import { jumpIfImm, load } from "@sonde/bpf/asm";
import { parseAddress } from "../../netlink/index.ts";
import { KernelError, leaked, openKernel, openKernelDescriptors } from "../../sys/index.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import { attachNetkit, queryNetkit } from "./netkit.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter, type PacketCounterRequest } from "./testing/packet-counter.ts";
import { settlesAt } from "./testing/settle.ts";
import { TestSocket } from "./testing/sockets.ts";

const kernel = openKernel();
const COUNT = 100;
/** NETKIT_NEXT and NETKIT_DROP. */
const NEXT = -1;
const DROP = 2;
/** ETH_P_IP in the order of the wire: the interfaces talk IPv6 on their own. */
const only: PacketCounterRequest["only"] = [load(4, 2, 6, 16), jumpIfImm("JNE", 64, 2, 0x0008, "out")];

const ends = [
  { end: "primary", by: "nk0", host: "10.8.0.2" },
  { end: "peer", by: "nk1", host: "10.8.1.2" },
] as const;

for (const { end, by, host } of ends) {
  kernelTest(
    `a netkit program of the ${end} sees what it sends, is replaced in place, and goes`,
    { needs: ["netkit"] },
    async () => {
      const descriptors = openKernelDescriptors();
      {
        using namespace = new TestNamespace(kernel);
        namespace.addPair("netkit", "nk0", "nk1");
        namespace.addAddress("nk0", "10.8.0.1/24");
        namespace.addAddress("nk1", "10.8.1.1/24");
        const place = { device: "nk0", end, namespace: namespace.fd } as const;
        const send = (): void =>
          namespace.run(() => {
            using socket = new TestSocket(kernel, { family: 4, port: 0 }, "datagram").onlyBy(by);
            socket.send(COUNT, { family: 4, port: 4000, host: parseAddress(host) });
          });
        using first = new PacketCounter(kernel, { type: "sched_cls", returns: NEXT, only });
        using second = new PacketCounter(kernel, { type: "sched_cls", returns: DROP, only });
        const link = attachNetkit(kernel, first, place);
        send();
        await settlesAt(first, COUNT, "packets");
        link.update(second, first);
        send();
        await settlesAt(second, COUNT, "packets after the update");
        using third = new PacketCounter(kernel, { type: "sched_cls", returns: NEXT, only });
        const before = attachNetkit(kernel, third, { ...place, order: { place: "before", neighbour: { link } } });
        assert.deepEqual(
          queryNetkit(kernel, place).programs,
          [before, link].map((one) => ({ programId: one.info().programId, linkId: one.info().id })),
        );
        before.close();
        link.close();
        send();
        await settlesAt(second, COUNT, "packets after the end");
        assert.equal(first.count, COUNT);
        assert.deepEqual(queryNetkit(kernel, place).programs, []);
      }
      assert.deepEqual(leaked(descriptors, openKernelDescriptors()), []);
    },
  );
}

kernelTest("netkit programs go to netkit devices only", { needs: ["netkit"] }, () => {
  using namespace = new TestNamespace(kernel);
  using program = new PacketCounter(kernel, { type: "sched_cls", returns: NEXT });
  assert.throws(
    () => attachNetkit(kernel, program, { device: "lo", end: "primary", namespace: namespace.fd }),
    KernelError,
  );
});
