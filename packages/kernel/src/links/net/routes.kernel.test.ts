import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { ProgramType } from "@sonde/bpf/spec";
import { parseAddress } from "../../netlink/index.ts";
import { KernelError, leaked, openKernel, openKernelDescriptors } from "../../sys/index.ts";
import type { KernelFeature } from "../../testing/kernel-features.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import { type LwtOptions, attachLwt } from "./lwt.ts";
import { forwardedFrame, segmentFrame } from "./testing/frames.ts";
import { Held } from "./testing/held.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter } from "./testing/packet-counter.ts";
import { settlesAt } from "./testing/settle.ts";
import { sendFrames, TestSocket } from "./testing/sockets.ts";

const kernel = openKernel();
const COUNT = 100;
/** BPF_OK: the packet goes on its way. */
const GO_ON = 0;

interface Row {
  readonly type: ProgramType;
  readonly hook: LwtOptions["hook"];
  readonly destination: string;
  readonly needs: KernelFeature;
  readonly traffic: (namespace: TestNamespace) => void;
}

function sendAway(namespace: TestNamespace): void {
  namespace.run(() => {
    using socket = new TestSocket(kernel, { family: 4, port: 0 }, "datagram");
    socket.send(COUNT, { family: 4, port: 4000, host: parseAddress("10.9.0.5") });
  });
}

/** v1 receives what v0 sends; it is not for this host. */
function forward(namespace: TestNamespace): void {
  namespace.run(() => {
    writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
    sendFrames(
      kernel,
      namespace.index("v0"),
      forwardedFrame(parseAddress("10.7.0.9"), parseAddress("10.9.0.5")),
      COUNT,
    );
  });
}

function forwardSegments(namespace: TestNamespace): void {
  namespace.run(() => {
    writeFileSync("/proc/sys/net/ipv6/conf/all/forwarding", "1");
    const [source, first, second] = ["fd00:7::9", "fd00:9::5", "fd00:9::6"].map(parseAddress);
    assert.ok(source && first && second);
    sendFrames(kernel, namespace.index("v0"), segmentFrame(source, first, second), COUNT);
  });
}

const rows: readonly Row[] = [
  { type: "lwt_out", hook: "out", destination: "10.9.0.0/24", needs: "lwt_bpf", traffic: sendAway },
  { type: "lwt_xmit", hook: "xmit", destination: "10.9.0.0/24", needs: "lwt_bpf", traffic: sendAway },
  { type: "lwt_in", hook: "in", destination: "10.9.0.0/24", needs: "lwt_bpf", traffic: forward },
  { type: "lwt_seg6local", hook: "seg6local", destination: "fd00:9::5", needs: "seg6_bpf", traffic: forwardSegments },
];

for (const { type, hook, destination, needs, traffic } of rows) {
  kernelTest(`${type} sees each packet of its route, is replaced in place, and goes`, { needs: [needs] }, async () => {
    const before = openKernelDescriptors();
    {
      using namespace = new TestNamespace(kernel);
      namespace.addPair("veth", "v0", "v1");
      namespace.addAddress("v0", "10.8.0.1/24");
      using first = new PacketCounter(kernel, { type, returns: GO_ON });
      using second = new PacketCounter(kernel, { type, returns: GO_ON });
      const options = { hook, destination, device: "v0", namespace: namespace.fd } as const;
      const link = attachLwt(kernel, first, options);
      traffic(namespace);
      await settlesAt(first, COUNT, "packets");
      assert.throws(
        () => attachLwt(kernel, second, options),
        (error) => error instanceof KernelError && error.code === "EEXIST",
      );
      link.update(second);
      traffic(namespace);
      await settlesAt(second, COUNT, "packets after the update");
      assert.match(
        namespace.print("ip", "-6", "route", "show") + namespace.print("ip", "route", "show"),
        new RegExp(`encap (bpf|seg6local).* sonde:${second.id} `),
      );
      link.close();
      assert.doesNotMatch(
        namespace.print("ip", "-6", "route", "show") + namespace.print("ip", "route", "show"),
        /encap/,
      );
      assert.equal(first.count, COUNT);
    }
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  });
}

kernelTest("two programs on two routes by one interface are kept apart", { needs: ["lwt_bpf"] }, async () => {
  using namespace = new TestNamespace(kernel);
  namespace.addPair("veth", "v0", "v1");
  namespace.addAddress("v0", "10.8.0.1/24");
  using near = new PacketCounter(kernel, { type: "lwt_xmit", returns: GO_ON });
  using far = new PacketCounter(kernel, { type: "lwt_xmit", returns: GO_ON });
  const place = { hook: "xmit", device: "v0", namespace: namespace.fd } as const;
  using held = new Held();
  held.add(attachLwt(kernel, near, { ...place, destination: "10.9.0.0/24" }));
  held.add(attachLwt(kernel, far, { ...place, destination: "10.10.0.0/24", gateway: "10.8.0.2", metric: 7 }));
  sendAway(namespace);
  await settlesAt(near, COUNT, "packets");
  assert.equal(far.count, 0);
});

kernelTest("a route is removed with its interface, and its link may still be closed", { needs: ["lwt_bpf"] }, () => {
  using namespace = new TestNamespace(kernel);
  namespace.addPair("veth", "v0", "v1");
  using program = new PacketCounter(kernel, { type: "lwt_xmit", returns: GO_ON });
  const link = attachLwt(kernel, program, {
    hook: "xmit",
    destination: "10.9.0.0/24",
    device: "v0",
    namespace: namespace.fd,
    headroom: 16,
  });
  namespace.print("ip", "link", "delete", "v0");
  link.close();
});
