import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load, jumpIfImm } from "@sonde/bpf/asm";
import type { ProgramType } from "@sonde/bpf/spec";
import { KernelError, leaked, openKernel, openKernelDescriptors } from "../../sys/index.ts";
import type { KernelFeature } from "../../testing/kernel-features.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import { type CgroupAttachType, type CgroupOptions, attachCgroup, queryCgroup } from "./cgroup.ts";
import { TestCgroup } from "./testing/cgroup.ts";
import { Held } from "./testing/held.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter, type PacketCounterRequest } from "./testing/packet-counter.ts";
import { settlesAt } from "./testing/settle.ts";
import { type Place, TestSocket } from "./testing/sockets.ts";

const kernel = openKernel();
const ALLOW = 1;
const COUNT = 20;
/** BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB */
const CONNECTED = 4;

/** What each attach type is fired by, `COUNT` times; all in one process and a network namespace of its own. */
interface Row {
  readonly type: ProgramType;
  readonly attachType: CgroupAttachType;
  readonly act: (place: Place) => void;
  readonly needs?: KernelFeature;
  readonly only?: PacketCounterRequest["only"];
  /** How many events there are beside those that count. */
  readonly extra?: number;
}

function times(act: () => void): void {
  for (let i = 0; i < COUNT; i++) act();
}

function datagrams(place: Place): void {
  using receiver = new TestSocket(kernel, place, "datagram").bind(place);
  using sender = new TestSocket(kernel, place, "datagram");
  // One by one: the queue of a Unix socket holds ten.
  times(() => {
    sender.send(1, place);
    receiver.receive(1);
  });
}

function makeSockets(place: Place): void {
  times(() => new TestSocket(kernel, place, "datagram")[Symbol.dispose]());
}

function bindSockets(place: Place): void {
  times(() => new TestSocket(kernel, place, "datagram").bind(place)[Symbol.dispose]());
}

function connectDatagrams(place: Place): void {
  times(() => new TestSocket(kernel, place, "datagram").connect(place)[Symbol.dispose]());
}

function connectStreams(place: Place): void {
  using server = new TestSocket(kernel, place, "stream").bind(place).listen(COUNT);
  times(() => {
    using client = new TestSocket(kernel, place, "stream").connect(place);
    server.accept(place)[Symbol.dispose]();
    assert.ok(client.fd > 0);
  });
}

function askNames(call: "getsockname" | "getpeername") {
  return (place: Place): void => {
    using server = new TestSocket(kernel, place, "stream").bind(place).listen(1);
    using client = new TestSocket(kernel, place, "stream").connect(place);
    // A Unix socket that is not bound has no name to ask for.
    times(() => (call === "getsockname" ? server : client).name(call));
  };
}

function options(call: "read" | "write") {
  return (place: Place): void => {
    using socket = new TestSocket(kernel, place, "datagram");
    const at = call === "read" ? (): void => socket.readOption() : (): unknown => socket.sharePort();
    times(at);
  };
}

/** In one read(2); until the end of the file it would be two. */
function readSetting(): void {
  const fd = openSync("/proc/sys/kernel/pid_max", "r");
  readSync(fd, new Uint8Array(16));
  closeSync(fd);
}

/** Attach types that come in one form for each version of the internet protocol. */
const paired: readonly (readonly [
  type: ProgramType,
  four: CgroupAttachType,
  six: CgroupAttachType,
  act: Row["act"],
])[] = [
  ["cgroup_sock", "cgroup_inet4_post_bind", "cgroup_inet6_post_bind", bindSockets],
  ["cgroup_sock_addr", "cgroup_inet4_bind", "cgroup_inet6_bind", bindSockets],
  ["cgroup_sock_addr", "cgroup_inet4_connect", "cgroup_inet6_connect", connectDatagrams],
  ["cgroup_sock_addr", "cgroup_udp4_sendmsg", "cgroup_udp6_sendmsg", datagrams],
  ["cgroup_sock_addr", "cgroup_udp4_recvmsg", "cgroup_udp6_recvmsg", datagrams],
  ["cgroup_sock_addr", "cgroup_inet4_getpeername", "cgroup_inet6_getpeername", askNames("getpeername")],
  ["cgroup_sock_addr", "cgroup_inet4_getsockname", "cgroup_inet6_getsockname", askNames("getsockname")],
];

const rows: readonly Row[] = [
  { type: "cgroup_skb", attachType: "cgroup_inet_ingress", act: datagrams },
  { type: "cgroup_skb", attachType: "cgroup_inet_egress", act: datagrams },
  { type: "cgroup_sock", attachType: "cgroup_inet_sock_create", act: makeSockets },
  { type: "cgroup_sock", attachType: "cgroup_inet_sock_release", act: makeSockets },
  ...paired.map(([type, attachType, , act]): Row => ({ type, attachType, act })),
  ...paired.map(([type, , attachType, act]): Row => ({ type, attachType, act })),
  {
    type: "sock_ops",
    attachType: "cgroup_sock_ops",
    act: connectStreams,
    only: [load(4, 2, 6, 0), jumpIfImm("JNE", 64, 2, CONNECTED, "out")],
  },
  { type: "cgroup_device", attachType: "cgroup_device", act: () => times(() => closeSync(openSync("/dev/zero", "r"))) },
  { type: "cgroup_sysctl", attachType: "cgroup_sysctl", act: () => times(readSetting) },
  { type: "cgroup_sockopt", attachType: "cgroup_getsockopt", act: options("read") },
  { type: "cgroup_sockopt", attachType: "cgroup_setsockopt", act: options("write"), extra: 1 /* its timeout */ },
  { type: "cgroup_sock_addr", attachType: "cgroup_unix_connect", act: connectStreams, needs: "cgroup_unix" },
  { type: "cgroup_sock_addr", attachType: "cgroup_unix_sendmsg", act: datagrams, needs: "cgroup_unix" },
  { type: "cgroup_sock_addr", attachType: "cgroup_unix_recvmsg", act: datagrams, needs: "cgroup_unix" },
  {
    type: "cgroup_sock_addr",
    attachType: "cgroup_unix_getpeername",
    act: askNames("getpeername"),
    needs: "cgroup_unix",
  },
  {
    type: "cgroup_sock_addr",
    attachType: "cgroup_unix_getsockname",
    act: askNames("getsockname"),
    needs: "cgroup_unix",
  },
];

for (const { type, attachType, act, needs, only = [], extra = 0 } of rows) {
  kernelTest(`${attachType} sees each of its events`, { needs: needs === undefined ? [] : [needs] }, async () => {
    const before = openKernelDescriptors();
    const cgroup = new TestCgroup("sonde-test");
    const folder = mkdtempSync(join(tmpdir(), "sonde-"));
    try {
      using namespace = new TestNamespace(kernel);
      using counter = new PacketCounter(kernel, { type, attachType, returns: ALLOW, only });
      const link = attachCgroup(kernel, counter, { cgroup: cgroup.path, attachType });
      const place: Place = attachType.includes("unix")
        ? { path: join(folder, "s") }
        : { family: attachType.includes("6") ? 6 : 4, port: 4000 };
      cgroup.run(() => namespace.run(() => act(place)));
      await settlesAt(counter, COUNT + extra, attachType);
      assert.deepEqual(
        queryCgroup(kernel, { cgroup: cgroup.path, attachType }).programs.map(({ programId }) => programId),
        [counter.id],
      );
      link.close();
      assert.deepEqual(queryCgroup(kernel, { cgroup: cgroup.path, attachType }).programs, []);
    } finally {
      rmSync(folder, { recursive: true });
      await cgroup.remove();
    }
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  });
}

const PLACE = { family: 4, port: 4000 } as const;

function counterOfSockets(returns: number = ALLOW): PacketCounter {
  return new PacketCounter(kernel, { type: "cgroup_sock", attachType: "cgroup_inet_sock_create", returns });
}

const ways: readonly Pick<CgroupOptions, "road" | "sharing">[] = [
  { road: "link" },
  { road: "attach" },
  { sharing: "override" },
  { sharing: "exclusive" },
];

for (const way of ways) {
  kernelTest(`a cgroup program (${JSON.stringify(way)}) is replaced in place`, async () => {
    const cgroup = new TestCgroup("sonde-test");
    try {
      const first = counterOfSockets();
      using second = counterOfSockets(0);
      const link = attachCgroup(kernel, first, { cgroup: cgroup.path, attachType: "cgroup_inet_sock_create", ...way });
      cgroup.run(() => makeSockets(PLACE));
      assert.equal(first.count, COUNT);
      first[Symbol.dispose]();
      link.update(second);
      cgroup.run(() =>
        assert.throws(
          () => makeSockets(PLACE),
          (error) => error instanceof KernelError && error.code === "EPERM",
        ),
      );
      assert.equal(second.count, 1);
      assert.equal(link.fd === undefined, way.road !== "link");
      link.close();
      cgroup.run(() => makeSockets(PLACE));
      assert.equal(second.count, 1);
    } finally {
      await cgroup.remove();
    }
  });
}

kernelTest("programs of groups above run for a group, unless it overrides them", async () => {
  const above = new TestCgroup("sonde-test");
  const below = above.below("below");
  const attachType = "cgroup_inet_sock_create";
  try {
    using first = counterOfSockets();
    using second = counterOfSockets();
    const effective = (): number[] =>
      queryCgroup(kernel, { cgroup: below.path, attachType, effective: true }).programs.map(
        ({ programId }) => programId,
      );
    {
      using held = new Held();
      held.add(attachCgroup(kernel, first, { cgroup: above.path, attachType }));
      held.add(attachCgroup(kernel, second, { cgroup: below.path, attachType }));
      below.run(() => makeSockets(PLACE));
      assert.deepEqual([first.count, second.count], [COUNT, COUNT]);
      assert.deepEqual(effective(), [second.id, first.id]);
    }
    {
      using held = new Held();
      held.add(attachCgroup(kernel, first, { cgroup: above.path, attachType, sharing: "override" }));
      held.add(attachCgroup(kernel, second, { cgroup: below.path, attachType, sharing: "override" }));
      below.run(() => makeSockets(PLACE));
      assert.deepEqual([first.count, second.count], [COUNT, 2 * COUNT]);
      assert.deepEqual(effective(), [second.id]);
    }
    {
      using held = new Held();
      held.add(attachCgroup(kernel, first, { cgroup: above.path, attachType, sharing: "exclusive" }));
      assert.throws(
        () => attachCgroup(kernel, second, { cgroup: below.path, attachType }),
        (error) => error instanceof KernelError && error.code === "EPERM",
      );
    }
  } finally {
    await below.remove();
    await above.remove();
  }
});

kernelTest("cgroup programs run in the order asked for", { needs: ["cgroup_order"] }, async () => {
  const cgroup = new TestCgroup("sonde-test");
  const place = { cgroup: cgroup.path, attachType: "cgroup_inet_sock_create" } as const;
  try {
    using first = counterOfSockets();
    using second = counterOfSockets();
    using third = counterOfSockets();
    using thirdLink = attachCgroup(kernel, third, place);
    using held = new Held();
    held.add(attachCgroup(kernel, first, { ...place, order: { place: "before" } }));
    held.add(
      attachCgroup(kernel, second, {
        ...place,
        order: { place: "before", neighbour: { link: thirdLink } },
      }),
    );
    assert.deepEqual(
      queryCgroup(kernel, place).programs.map(({ programId }) => programId),
      [first.id, second.id, third.id],
    );
  } finally {
    await cgroup.remove();
  }
});

kernelTest("a folder that is no cgroup, and a program of another type, are refused", async () => {
  using counter = counterOfSockets();
  assert.throws(
    () => attachCgroup(kernel, counter, { cgroup: "/tmp", attachType: "cgroup_inet_sock_create" }),
    KernelError,
  );
  const cgroup = new TestCgroup("sonde-test");
  try {
    assert.throws(
      () => attachCgroup(kernel, counter, { cgroup: cgroup.path, attachType: "cgroup_device" }),
      (error) => error instanceof KernelError && error.code === "EINVAL",
    );
  } finally {
    await cgroup.remove();
  }
});
