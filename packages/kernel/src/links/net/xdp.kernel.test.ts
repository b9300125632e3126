import assert from "node:assert/strict";
import { KernelError, leaked, openKernel, openKernelDescriptors } from "../../sys/index.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import { testFrame } from "./testing/frames.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter, testFramesOfXdp } from "./testing/packet-counter.ts";
import { settlesAt } from "./testing/settle.ts";
import { sendFrames, TestSocket } from "./testing/sockets.ts";
import { attachXdp, queryXdp, type XdpOptions } from "./xdp.ts";

const kernel = openKernel();
const PASS = 2;
const COUNT = 500;

function counterOfFrames(): PacketCounter {
  return new PacketCounter(kernel, { type: "xdp", attachType: "xdp", returns: PASS, only: testFramesOfXdp() });
}

/** The program that `ip link` shows on an interface, and in which mode; undefined for none. */
function shown(namespace: TestNamespace, device: string): { readonly id: number; readonly mode: number } | undefined {
  const [link] = JSON.parse(namespace.print("ip", "-j", "link", "show", "dev", device)) as {
    readonly xdp?: { readonly mode: number; readonly prog?: { readonly id: number } };
  }[];
  return link?.xdp?.prog && { id: link.xdp.prog.id, mode: link.xdp.mode };
}

const rows: readonly (Pick<XdpOptions, "mode" | "road"> & { readonly road: string; readonly shownMode: number })[] = [
  { road: "link", mode: "native", shownMode: 1 },
  { road: "link", mode: "generic", shownMode: 2 },
  { road: "netlink", mode: "native", shownMode: 1 },
  { road: "netlink", mode: "generic", shownMode: 2 },
];

for (const { road, mode, shownMode } of rows) {
  kernelTest(`${mode} XDP by ${road} sees every frame, is replaced in place, and goes`, async () => {
    const before = openKernelDescriptors();
    {
      using namespace = new TestNamespace(kernel);
      namespace.addPair("veth", "v0", "v1");
      using first = counterOfFrames();
      using second = counterOfFrames();
      const send = (): void => namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), COUNT));

      const link = attachXdp(kernel, first, { device: "v1", namespace: namespace.fd, mode: mode!, road });
      assert.deepEqual(shown(namespace, "v1"), { id: first.id, mode: shownMode });
      send();
      await settlesAt(first, COUNT, "frames");

      link.update(second, first);
      assert.deepEqual(shown(namespace, "v1"), { id: second.id, mode: shownMode });
      send();
      await settlesAt(second, COUNT, "frames after the update");
      assert.throws(() => link.update(first, first), KernelError, "updated though another program runs");

      link.close();
      assert.equal(shown(namespace, "v1"), undefined);
      send();
      await settlesAt(second, COUNT, "frames after the end");
      assert.equal(first.count, COUNT);
    }
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  });
}

kernelTest("XDP on loopback sees every datagram", async () => {
  using namespace = new TestNamespace(kernel);
  using counter = new PacketCounter(kernel, { type: "xdp", attachType: "xdp", returns: PASS });
  using link = attachXdp(kernel, counter, { device: "lo", namespace: namespace.fd });
  const info = link.info();
  assert.ok(info.kind === "xdp");
  assert.equal(info.interfaceIndex, namespace.index("lo"));
  const place = { family: 4, port: 4000 } as const;
  namespace.run(() => {
    using receiver = new TestSocket(kernel, place, "datagram").bind(place);
    using sender = new TestSocket(kernel, place, "datagram");
    sender.send(50, place);
    receiver.receive(50);
  });
  await settlesAt(counter, 50, "datagrams");
});

kernelTest("a second XDP program is refused unless it replaces the first", () => {
  using namespace = new TestNamespace(kernel);
  namespace.addPair("veth", "v0", "v1");
  const place = { device: "v1", namespace: namespace.fd } as const;
  using first = counterOfFrames();
  using second = counterOfFrames();
  const one = attachXdp(kernel, first, { ...place, road: "netlink" });
  assert.deepEqual(queryXdp(kernel, place), { programId: first.id, mode: "native" });
  assert.throws(
    () => attachXdp(kernel, second, { ...place, road: "link" }),
    (error) => error instanceof KernelError && error.code === "EBUSY",
  );
  assert.throws(
    () => attachXdp(kernel, second, { ...place, road: "netlink" }),
    (error) => error instanceof KernelError && error.code === "EBUSY" && error.kernelText !== "",
  );
  const two = attachXdp(kernel, second, { ...place, road: "netlink", replace: true });
  assert.equal(shown(namespace, "v1")?.id, second.id);
  assert.equal(one.fd, undefined);
  assert.throws(() => one.pin("/sys/fs/bpf/none"), /not a BPF link/);
  one.close();
  assert.equal(shown(namespace, "v1")?.id, second.id, "closed what had taken its place");
  two.close();
  assert.deepEqual(queryXdp(kernel, place), { programId: 0, mode: "none" });
});

kernelTest("an interface that does not exist is named in the error", () => {
  using namespace = new TestNamespace(kernel);
  using counter = counterOfFrames();
  assert.throws(
    () => attachXdp(kernel, counter, { device: "nowhere0", namespace: namespace.fd }),
    (error) => error instanceof KernelError && error.code === "ENODEV" && /nowhere0/.test(error.message),
  );
});
