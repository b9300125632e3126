import assert from "node:assert/strict";
import { callHelper, exit, helperId, loadMap, mov64Imm } from "@sonde/bpf/asm";
import {
  BpfCommand,
  KernelError,
  MapTypeId,
  ProgramFlag,
  checked,
  leaked,
  mapCreate,
  openKernel,
  openKernelDescriptors,
} from "../../sys/index.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import { testFrame } from "./testing/frames.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter, testFramesOfXdp } from "./testing/packet-counter.ts";
import { settlesAt } from "./testing/settle.ts";
import { sendFrames, TestSocket } from "./testing/sockets.ts";
import { attachXdp, queryXdp, type XdpOptions } from "./xdp.ts";

const kernel = openKernel();
const DROP = 1;
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

kernelTest(
  "only programs for packets of several pages go to interfaces that have them",
  { needs: ["xdp_frags"] },
  async () => {
    using namespace = new TestNamespace(kernel);
    namespace.addPair("veth", "v0", "v1");
    for (const device of ["v0", "v1"]) namespace.print("ip", "link", "set", device, "mtu", "9000");
    const place = { device: "v1", namespace: namespace.fd, mode: "native" } as const;
    const request = { type: "xdp", attachType: "xdp", returns: PASS, only: testFramesOfXdp() } as const;
    using plain = new PacketCounter(kernel, request);
    using frags = new PacketCounter(kernel, { ...request, flags: ProgramFlag.XDP_HAS_FRAGS });
    for (const road of ["link", "netlink"] as const) {
      assert.throws(() => attachXdp(kernel, plain, { ...place, road }), KernelError);
    }
    using link = attachXdp(kernel, frags, place);
    const large = Buffer.concat([testFrame(), new Uint8Array(8000)]);
    namespace.run(() => sendFrames(kernel, namespace.index("v0"), large, COUNT));
    await settlesAt(frags, COUNT, "large frames");
    assert.equal(link.road, "XDP link");
  },
);

const redirections = [
  // struct bpf_cpumap_val: queue length, program
  { type: "cpumap", attachType: "xdp_cpumap", value: (program: number) => [2048, program] },
  // struct bpf_devmap_val: interface, program
  {
    type: "devmap",
    attachType: "xdp_devmap",
    value: (program: number, index: number) => [index, program],
  },
] as const;

for (const { type, attachType, value } of redirections) {
  kernelTest(`a program in a ${type} sees each frame that is redirected there, and is not attached`, async () => {
    const before = openKernelDescriptors();
    {
      using namespace = new TestNamespace(kernel);
      namespace.addPair("veth", "v0", "v1");
      const request = { type: MapTypeId[type], keySize: 4, valueSize: 8, maxEntries: 1, flags: 0, name: type };
      using map = mapCreate(kernel, request);
      using inMap = new PacketCounter(kernel, { type: "xdp", attachType, returns: DROP });
      using redirecting = new PacketCounter(kernel, {
        type: "xdp",
        attachType: "xdp",
        returns: PASS,
        only: testFramesOfXdp(),
        maps: { target: map.fd },
        then: [loadMap(1, "target"), mov64Imm(2, 0), mov64Imm(3, 0), callHelper(helperId("redirect_map")), exit()],
      });
      const words = Uint32Array.from(value(inMap.fd, namespace.index("v1")));
      const attr = kernel.attr(32);
      attr.u32(0, map.fd);
      attr.pointer(8, new Uint8Array(4));
      attr.pointer(16, new Uint8Array(words.buffer));
      // A devmap looks for the interface where the thread is.
      checked(
        namespace.run(() => kernel.bpf(BpfCommand.MAP_UPDATE_ELEM, attr)),
        "BPF_MAP_UPDATE_ELEM",
        type,
      );

      const place = { device: "v1", namespace: namespace.fd, mode: "native" } as const;
      assert.throws(() => attachXdp(kernel, inMap, place), KernelError, "a program for a map was attached");
      // A veth takes redirected frames only while its other end runs XDP too.
      using receiving = new PacketCounter(kernel, { type: "xdp", attachType: "xdp", returns: PASS });
      const links = [receiving, redirecting].map((program, end) =>
        attachXdp(kernel, program, { ...place, device: `v${end}` }),
      );
      namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), COUNT));
      await settlesAt(inMap, COUNT, "redirected frames");
      assert.equal(redirecting.count, COUNT);
      for (const link of links) link.close();
    }
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  });
}
