/** Maps of sockets, filled with real ones, which programs send packets to. */
import assert from "node:assert/strict";
import { assemble } from "@sonde/bpf/asm";
import type { MapSpec, MapType } from "@sonde/bpf/spec";
import { type BpfMap, type Descriptor, createMap, typedMap } from "../../maps/index.ts";
import { KernelError, leaked, openKernel, openKernelDescriptors } from "../../sys/index.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import { attachReuseport } from "./socket.ts";
import { testFrame } from "./testing/frames.ts";
import { Held } from "./testing/held.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter, testFramesOfXdp } from "./testing/packet-counter.ts";
import { settlesAt } from "./testing/settle.ts";
import { type Place, TestSocket, sendFrames } from "./testing/sockets.ts";
import { XdpSocket } from "./testing/xdp-socket.ts";
import { attachXdp } from "./xdp.ts";

const kernel = openKernel();
const PASS = 2;
const FRAMES = 40;
const DATAGRAMS = 100;
const PLACE: Place = { family: 4, port: 7011 };

function mapOf(type: MapType, valueSize: number): BpfMap {
  const spec: MapSpec = {
    name: "sockets",
    type,
    keySize: 4,
    valueSize,
    maxEntries: 4,
    flags: 0,
    keyTypeId: 0,
    valueTypeId: 0,
  };
  return createMap(kernel, spec);
}

for (const mode of ["generic", "native"] as const) {
  kernelTest(`frames go to the AF_XDP socket in an xskmap, by ${mode} XDP, as they were sent`, async () => {
    const before = openKernelDescriptors();
    {
      using namespace = new TestNamespace(kernel);
      namespace.addPair("veth", "v0", "v1");
      using socket = namespace.run(() => new XdpSocket(kernel, namespace.index("v1")));
      using map = mapOf("xskmap", 4);
      const sockets = typedMap<number, Descriptor>(map);
      using redirecting = new PacketCounter(kernel, {
        type: "xdp",
        attachType: "xdp",
        returns: PASS,
        only: testFramesOfXdp(),
        maps: { sockets: map.fd },
        // By the queue that the frame came in; without a socket there it passes.
        then: assemble("r2 = *(u32 *)(r6 + 16)\nr1 = map[sockets] ll\nr3 = 2\ncall bpf_redirect_map\nexit"),
      });
      using link = attachXdp(kernel, redirecting, { device: "v1", namespace: namespace.fd, mode });
      const send = (): void => namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), FRAMES));
      send();
      await settlesAt(redirecting, FRAMES, "frames before there is a socket");
      assert.equal(socket.count, 0);
      sockets.set(0, socket);
      send();
      await settlesAt(redirecting, 2 * FRAMES, `frames by ${link.road}`);
      await settlesAt(socket, FRAMES, "frames at the socket");
      for (let i = 0; i < FRAMES; i++) assert.deepEqual(Buffer.from(socket.frame(i)), Buffer.from(testFrame()));
      assert.equal(sockets.delete(0), true);
      send();
      await settlesAt(redirecting, 3 * FRAMES, "frames after it was taken out");
      assert.equal(socket.count, FRAMES);
    }
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  });
}

kernelTest("a reuseport program sends each datagram to the socket that it looks up in an array", async () => {
  const before = openKernelDescriptors();
  {
    using namespace = new TestNamespace(kernel);
    const bound = (): TestSocket =>
      namespace.run(() => new TestSocket(kernel, PLACE, "datagram").sharePort().bind(PLACE));
    using group = new Held();
    const members = [bound(), bound(), bound()] as const;
    for (const member of members) group.add(member);
    using map = mapOf("reuseport_sockarray", 8);
    const sockets = typedMap<number, Descriptor>(map);
    for (const [index, member] of members.entries()) sockets.set(index, member);
    using program = new PacketCounter(kernel, {
      type: "sk_reuseport",
      attachType: "sk_reuseport_select",
      returns: 1, // SK_PASS
      maps: { sockets: map.fd },
      then: assemble(
        "*(u32 *)(r10 - 4) = 1\nr1 = r6\nr2 = map[sockets] ll\nr3 = r10\nr3 += -4\nr4 = 0\ncall bpf_sk_select_reuseport",
      ),
    });
    using link = attachReuseport(kernel, program, { socket: members[0].fd });
    using sender = namespace.run(() => new TestSocket(kernel, PLACE, "datagram"));
    const receivedBy = async (wanted: TestSocket, sent: number): Promise<void> => {
      sender.send(DATAGRAMS, PLACE);
      await settlesAt(program, sent, `datagrams seen by the ${link.road}`);
      wanted.receive(DATAGRAMS);
      for (const member of members) assert.ok(member.isEmpty());
    };
    await receivedBy(members[1], DATAGRAMS);

    // A socket stands in one place of an array at a time, and leaves it when it is closed.
    assert.throws(
      () => sockets.set(1, members[2]),
      (error) => error instanceof KernelError && error.code === "EBUSY",
    );
    sockets.delete(2);
    sockets.set(1, members[2]);
    await receivedBy(members[2], 2 * DATAGRAMS);
    members[2][Symbol.dispose]();
    assert.equal(sockets.get(1), undefined);
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});
