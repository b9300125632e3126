import assert from "node:assert/strict";
import { type Instruction, jumpIfImm, load } from "@sonde/bpf/asm";
import {
  BpfCommand,
  FileDescriptor,
  KernelError,
  MapTypeId,
  checked,
  leaked,
  mapCreate,
  openKernel,
  openKernelDescriptors,
} from "../../sys/index.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import { attachToNamespace, queryNamespace } from "./namespace.ts";
import { attachReuseport, attachSocketFilter } from "./socket.ts";
import { type SockmapPlace, attachSockmap, querySockmap } from "./sockmap.ts";
import { attachTc } from "./tc.ts";
import { Held } from "./testing/held.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter, type PacketCounterRequest, rehash } from "./testing/packet-counter.ts";
import { settlesAt } from "./testing/settle.ts";
import { TestSocket } from "./testing/sockets.ts";

const kernel = openKernel();
const COUNT = 100;
const PASS = 1;
const PLACE = { family: 4, port: 4000 } as const;

/** Sends datagrams to a socket that waits for them. */
function datagrams(namespace: TestNamespace): void {
  namespace.run(() => {
    using receiver = new TestSocket(kernel, PLACE, "datagram").bind(PLACE);
    using sender = new TestSocket(kernel, PLACE, "datagram");
    sender.send(COUNT, PLACE);
    receiver.receive(COUNT);
  });
}

kernelTest("sk_lookup is asked for each datagram, is replaced in place, and goes", async () => {
  const before = openKernelDescriptors();
  {
    using namespace = new TestNamespace(kernel);
    const place = { attachType: "sk_lookup", namespace: namespace.fd } as const;
    using first = new PacketCounter(kernel, { type: "sk_lookup", attachType: "sk_lookup", returns: PASS });
    using second = new PacketCounter(kernel, { type: "sk_lookup", attachType: "sk_lookup", returns: PASS });
    const link = attachToNamespace(kernel, first, place);
    datagrams(namespace);
    await settlesAt(first, COUNT, "datagrams");
    assert.deepEqual(
      queryNamespace(kernel, place).programs.map(({ programId }) => programId),
      [first.id],
    );
    link.update(second, first);
    datagrams(namespace);
    await settlesAt(second, COUNT, "datagrams after the update");
    const info = link.info();
    assert.ok(info.kind === "netns");
    assert.equal(info.attachType, "sk_lookup");
    link.close();
    datagrams(namespace);
    assert.deepEqual([first.count, second.count], [COUNT, COUNT]);
    assert.deepEqual(queryNamespace(kernel, place).programs, []);
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("a flow dissector takes apart each packet whose flow is asked for", async () => {
  const before = openKernelDescriptors();
  {
    using namespace = new TestNamespace(kernel);
    using dissector = new PacketCounter(kernel, { type: "flow_dissector", attachType: "flow_dissector", returns: 0 });
    using asking = new PacketCounter(kernel, { type: "sched_cls", returns: -1, then: rehash() });
    const link = attachToNamespace(kernel, dissector, { attachType: "flow_dissector", namespace: namespace.fd });
    using held = new Held();
    held.add(attachTc(kernel, asking, { device: "lo", direction: "ingress", namespace: namespace.fd }));
    datagrams(namespace);
    await settlesAt(asking, COUNT, "datagrams");
    assert.equal(dissector.count, COUNT);
    link.close();
    datagrams(namespace);
    await settlesAt(asking, 2 * COUNT, "datagrams after the end");
    assert.equal(dissector.count, COUNT);
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});

kernelTest("a socket filter sees what the socket receives, and may drop it", async () => {
  using namespace = new TestNamespace(kernel);
  using pass = new PacketCounter(kernel, { type: "socket_filter", returns: 0xffff });
  using drop = new PacketCounter(kernel, { type: "socket_filter", returns: 0 });
  using receiver = namespace.run(() => new TestSocket(kernel, PLACE, "datagram").bind(PLACE));
  using sender = namespace.run(() => new TestSocket(kernel, PLACE, "datagram"));
  const link = attachSocketFilter(kernel, pass, { socket: receiver.fd });
  sender.send(COUNT, PLACE);
  receiver.receive(COUNT);
  await settlesAt(pass, COUNT, "datagrams");
  link.update(drop);
  sender.send(COUNT, PLACE);
  await settlesAt(drop, COUNT, "datagrams dropped");
  assert.ok(receiver.isEmpty());
  link.close();
  sender.send(COUNT, PLACE);
  receiver.receive(COUNT);
  assert.deepEqual([pass.count, drop.count], [COUNT, COUNT]);
});

kernelTest("a socket filter's link leaves a socket alone that got the number of its own", () => {
  using filter = new PacketCounter(kernel, { type: "socket_filter", returns: 0xffff });
  using other = new PacketCounter(kernel, { type: "socket_filter", returns: 0xffff });
  const socket = new TestSocket(kernel, PLACE, "datagram");
  const { fd } = socket;
  const link = attachSocketFilter(kernel, filter, { socket: fd });
  socket[Symbol.dispose]();
  using next = new TestSocket(kernel, PLACE, "datagram");
  assert.equal(next.fd, fd);
  using held = new Held();
  held.add(attachSocketFilter(kernel, other, { socket: next.fd }));
  assert.throws(() => link.update(other), /has been closed/);
  link.close();
  assert.throws(() => link.update(other), /detached already/);
});

kernelTest("a reuseport program chooses for each datagram", async () => {
  using namespace = new TestNamespace(kernel);
  using first = new PacketCounter(kernel, { type: "sk_reuseport", attachType: "sk_reuseport_select", returns: PASS });
  using second = new PacketCounter(kernel, { type: "sk_reuseport", attachType: "sk_reuseport_select", returns: PASS });
  const bound = (): TestSocket =>
    namespace.run(() => new TestSocket(kernel, PLACE, "datagram").sharePort().bind(PLACE));
  using one = bound();
  using held = new Held();
  held.add(bound());
  using sender = namespace.run(() => new TestSocket(kernel, PLACE, "datagram"));
  const link = attachReuseport(kernel, first, { socket: one.fd });
  sender.send(COUNT, PLACE);
  await settlesAt(first, COUNT, "datagrams");
  link.update(second);
  sender.send(COUNT, PLACE);
  await settlesAt(second, COUNT, "datagrams after the update");
  link.close();
  sender.send(COUNT, PLACE);
  await settlesAt(second, COUNT, "datagrams after the end");
});

kernelTest("a reuseport program is refused by a socket that shares nothing", () => {
  using program = new PacketCounter(kernel, { type: "sk_reuseport", attachType: "sk_reuseport_select", returns: PASS });
  using socket = new TestSocket(kernel, PLACE, "datagram");
  assert.throws(() => attachReuseport(kernel, program, { socket: socket.fd }), KernelError);
});

/** Two ends of a connection, of which the server's (or client's) is in a sockmap. */
function connection(namespace: TestNamespace): { readonly server: TestSocket; readonly client: TestSocket } {
  return namespace.run(() => {
    using listener = new TestSocket(kernel, PLACE, "stream").bind(PLACE).listen(1);
    const client = new TestSocket(kernel, PLACE, "stream").connect(PLACE);
    return { client, server: listener.accept(PLACE) };
  });
}

function sockmap(): FileDescriptor {
  return mapCreate(kernel, {
    type: MapTypeId.sockmap,
    keySize: 4,
    valueSize: 4,
    maxEntries: 1,
    flags: 0,
    name: "sockets",
  });
}

function put(map: FileDescriptor, socket: TestSocket): void {
  const attr = kernel.attr(32);
  attr.u32(0, map.fd);
  attr.pointer(8, new Uint8Array(4));
  attr.pointer(16, new Uint8Array(Uint32Array.of(socket.fd).buffer));
  checked(kernel.bpf(BpfCommand.MAP_UPDATE_ELEM, attr), "BPF_MAP_UPDATE_ELEM", "a sockmap");
}

kernelTest("a sockmap says which program is attached to it", () => {
  using map = sockmap();
  using program = new PacketCounter(kernel, { type: "sk_msg", attachType: "sk_msg_verdict", returns: PASS });
  const place = { map, attachType: "sk_msg_verdict" } as const;
  const attached = (): number[] => querySockmap(kernel, place).programs.map(({ programId }) => programId);
  const link = attachSockmap(kernel, program, place);
  assert.deepEqual(attached(), [program.id]);
  link.close();
  assert.deepEqual(attached(), []);
});

/** The end of a connection is an empty packet. */
function withContent(): Instruction[] {
  return [load(4, 2, 6, 0), jumpIfImm("JEQ", 64, 2, 0, "out")];
}

const sockmapRows: readonly {
  readonly type: "sk_msg" | "sk_skb";
  readonly attachType: SockmapPlace["attachType"];
  readonly returns: PacketCounterRequest["returns"];
  /** A parser and a verdict of streams run together only. */
  readonly companion?: Pick<PacketCounterRequest, "returns"> & Pick<SockmapPlace, "attachType">;
}[] = [
  { type: "sk_msg", attachType: "sk_msg_verdict", returns: PASS },
  { type: "sk_skb", attachType: "sk_skb_verdict", returns: PASS },
  {
    type: "sk_skb",
    attachType: "sk_skb_stream_verdict",
    returns: PASS,
    companion: { attachType: "sk_skb_stream_parser", returns: "length" },
  },
  {
    type: "sk_skb",
    attachType: "sk_skb_stream_parser",
    returns: "length",
    companion: { attachType: "sk_skb_stream_verdict", returns: PASS },
  },
];

for (const { type, attachType, returns, companion } of sockmapRows) {
  for (const road of ["link", "attach"] as const) {
    const needs = [
      ...(road === "link" ? (["sockmap_link"] as const) : []),
      ...(attachType === "sk_skb_verdict" ? (["sk_skb_verdict"] as const) : []),
    ];
    kernelTest(`${attachType} by ${road} sees each message, is replaced in place, and goes`, { needs }, async () => {
      const before = openKernelDescriptors();
      {
        using namespace = new TestNamespace(kernel);
        using map = sockmap();
        const only = type === "sk_skb" ? withContent() : [];
        using first = new PacketCounter(kernel, { type, attachType, returns, only });
        using second = new PacketCounter(kernel, { type, attachType, returns, only });
        using other = companion && new PacketCounter(kernel, { type, ...companion });
        using held = new Held();
        if (companion && other) held.add(attachSockmap(kernel, other, { map, attachType: companion.attachType, road }));
        const link = attachSockmap(kernel, first, { map, attachType, road });
        const send = (): void => {
          const { server, client } = connection(namespace);
          put(map, type === "sk_msg" ? client : server);
          for (let i = 0; i < COUNT; i++) {
            client.send(1);
            server.receive(1);
          }
          client[Symbol.dispose]();
          server[Symbol.dispose]();
        };
        send();
        await settlesAt(first, COUNT, "messages");
        link.update(second);
        send();
        await settlesAt(second, COUNT, "messages after the update");
        assert.equal(first.count, COUNT);
        link.close();
        if (companion === undefined) send();
        assert.equal(second.count, COUNT);
      }
      assert.deepEqual(leaked(before, openKernelDescriptors()), []);
    });
  }
}
