import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { KernelError, leaked, openKernel, openKernelDescriptors } from "../../sys/index.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import { Link } from "../link.ts";
import { type NetfilterHook, attachNetfilter } from "./netfilter.ts";
import { Held } from "./testing/held.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter } from "./testing/packet-counter.ts";
import { settlesAt } from "./testing/settle.ts";
import { TestSocket } from "./testing/sockets.ts";

const kernel = openKernel();
const COUNT = 100;
const DROP = 0;
const ACCEPT = 1;

function datagrams(namespace: TestNamespace, family: 4 | 6, arrive: boolean): void {
  const place = { family, port: 4000 } as const;
  namespace.run(() => {
    using receiver = new TestSocket(kernel, place, "datagram").bind(place);
    using sender = new TestSocket(kernel, place, "datagram");
    sender.send(COUNT, place);
    if (arrive) receiver.receive(COUNT);
    assert.ok(receiver.isEmpty());
  });
}

const HOOKS: readonly NetfilterHook[] = ["prerouting", "input", "output", "postrouting"];

for (const family of ["ipv4", "ipv6"] as const) {
  for (const hook of HOOKS) {
    kernelTest(
      `netfilter's ${hook} sees each ${family} datagram, and goes`,
      { needs: ["netfilter_link"] },
      async () => {
        const before = openKernelDescriptors();
        {
          using namespace = new TestNamespace(kernel);
          const version = family === "ipv4" ? 4 : 6;
          using counter = new PacketCounter(kernel, { type: "netfilter", attachType: "netfilter", returns: ACCEPT });
          const link = attachNetfilter(kernel, counter, { family, hook, priority: -7, namespace: namespace.fd });
          datagrams(namespace, version, true);
          await settlesAt(counter, COUNT, "datagrams");
          const info = link.info();
          assert.ok(info.kind === "netfilter");
          assert.deepEqual([info.family, info.priority], [family === "ipv4" ? 2 : 10, -7]);
          link.close();
          datagrams(namespace, version, true);
          assert.equal(counter.count, COUNT);
        }
        assert.deepEqual(leaked(before, openKernelDescriptors()), []);
      },
    );
  }
}

kernelTest(
  "a netfilter link is pinned, opened again, and drops until it is gone",
  { needs: ["netfilter_link"] },
  async () => {
    using namespace = new TestNamespace(kernel);
    const pin = `/sys/fs/bpf/sonde-test-${process.pid}`;
    const place = { family: "ipv4", hook: "input", priority: 5, namespace: namespace.fd } as const;
    using drop = new PacketCounter(kernel, { type: "netfilter", attachType: "netfilter", returns: DROP });
    try {
      const link = attachNetfilter(kernel, drop, place);
      link.pin(pin);
      link.close();
      datagrams(namespace, 4, false);
      await settlesAt(drop, COUNT, "datagrams dropped");
      assert.throws(
        () => attachNetfilter(kernel, drop, place),
        (error) => error instanceof KernelError && error.code === "EBUSY",
      );
      Link.open(kernel, pin).detach();
      datagrams(namespace, 4, true);
    } finally {
      rmSync(pin, { force: true });
    }
    assert.equal(drop.count, COUNT);
  },
);

kernelTest("a netfilter program may ask for whole packets", { needs: ["netfilter_defragment"] }, async () => {
  using namespace = new TestNamespace(kernel);
  using counter = new PacketCounter(kernel, { type: "netfilter", attachType: "netfilter", returns: ACCEPT });
  using held = new Held();
  held.add(
    attachNetfilter(kernel, counter, {
      family: "ipv4",
      hook: "prerouting",
      priority: -300,
      defragment: true,
      namespace: namespace.fd,
    }),
  );
  datagrams(namespace, 4, true);
  await settlesAt(counter, COUNT, "datagrams");
});
