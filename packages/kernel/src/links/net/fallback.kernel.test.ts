/** What is done on a kernel that has no links: here one that refuses to make them. */
import assert from "node:assert/strict";
import {
  BpfCommand,
  Errno,
  type FileDescriptor,
  type Kernel,
  MapTypeId,
  leaked,
  mapCreate,
  openKernel,
  openKernelDescriptors,
} from "../../sys/index.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import type { Link } from "../link.ts";
import { attachCgroup, queryCgroup } from "./cgroup.ts";
import { attachSockmap } from "./sockmap.ts";
import { attachTc } from "./tc.ts";
import { TestCgroup } from "./testing/cgroup.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter } from "./testing/packet-counter.ts";
import { attachXdp, queryXdp } from "./xdp.ts";

const kernel = openKernel();
const linkless: Kernel = {
  ...kernel,
  bpf: (command, attr) => (command === BpfCommand.LINK_CREATE ? -Errno.EINVAL : kernel.bpf(command, attr)),
};

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

kernelTest("without links XDP goes by netlink, TC by clsact, cgroups and sockmaps by attaching", async () => {
  const before = openKernelDescriptors();
  const cgroup = new TestCgroup("sonde-test");
  try {
    using namespace = new TestNamespace(kernel);
    using map = sockmap();
    using xdp = new PacketCounter(kernel, { type: "xdp", attachType: "xdp", returns: 2 });
    using tc = new PacketCounter(kernel, { type: "sched_cls", returns: -1 });
    using inCgroup = new PacketCounter(kernel, { type: "cgroup_skb", attachType: "cgroup_inet_egress", returns: 1 });
    using message = new PacketCounter(kernel, { type: "sk_msg", attachType: "sk_msg_verdict", returns: 1 });
    const device = { device: "lo", namespace: namespace.fd } as const;
    const place = { cgroup: cgroup.path, attachType: "cgroup_inet_egress" } as const;
    const links: readonly Link[] = [
      attachXdp(linkless, xdp, device),
      attachTc(linkless, tc, { ...device, direction: "egress" }),
      attachCgroup(linkless, inCgroup, place),
      attachSockmap(linkless, message, { map, attachType: "sk_msg_verdict" }),
    ];
    assert.deepEqual(
      links.map(({ fd }) => fd),
      [undefined, undefined, undefined, undefined],
    );
    assert.equal(queryXdp(kernel, device).programId, xdp.id);
    assert.match(namespace.print("bpftool", "net", "show"), new RegExp(`clsact/egress .*id ${tc.id}`));
    assert.deepEqual(
      queryCgroup(kernel, place).programs.map(({ programId }) => programId),
      [inCgroup.id],
    );
    for (const link of links) link.close();
    assert.equal(queryXdp(kernel, device).programId, 0);
    assert.doesNotMatch(namespace.print("bpftool", "net", "show"), /clsact/);
    assert.deepEqual(queryCgroup(kernel, place).programs, []);
  } finally {
    await cgroup.remove();
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});
