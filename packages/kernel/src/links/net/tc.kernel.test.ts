import assert from "node:assert/strict";
import { KernelError, leaked, objectById, openKernel, openKernelDescriptors } from "../../sys/index.ts";
import { kernelTest } from "../../testing/kernel-test.ts";
import type { LoadedProgram } from "../attacher.ts";
import type { Link } from "../link.ts";
import { attachClsact } from "./clsact.ts";
import { attachTc } from "./tc.ts";
import { attachTcx, queryTcx } from "./tcx.ts";
import { testFrame } from "./testing/frames.ts";
import { Held } from "./testing/held.ts";
import { TestNamespace } from "./testing/namespace.ts";
import { PacketCounter, testFramesOfSkb } from "./testing/packet-counter.ts";
import { settlesAt } from "./testing/settle.ts";
import { sendFrames } from "./testing/sockets.ts";

const kernel = openKernel();
const COUNT = 500;
/** TC_ACT_UNSPEC and TCX_NEXT: the next program decides. */
const NEXT = -1;
const SHOT = 2;

function counterOfFrames(returns: number = NEXT): PacketCounter {
  return new PacketCounter(kernel, { type: "sched_cls", returns, only: testFramesOfSkb() });
}

/** Kinds and programs of filters as bpftool sees them. */
function shown(
  namespace: TestNamespace,
): readonly { readonly devname: string; readonly kind: string; readonly id: number }[] {
  const [net] = JSON.parse(namespace.print("bpftool", "-j", "net", "show")) as {
    readonly tc: readonly { readonly devname: string; readonly kind: string; readonly id: number }[];
  }[];
  return (net?.tc ?? []).map(({ devname, kind, id }) => ({ devname, kind, id }));
}

const ends = [
  { direction: "egress", device: "v0" },
  { direction: "ingress", device: "v1" },
] as const;

for (const { direction, device } of ends) {
  const place = (namespace: TestNamespace) => ({ direction, device, namespace: namespace.fd }) as const;
  const rows = {
    TCX: (program: LoadedProgram, namespace: TestNamespace): Link => attachTcx(kernel, program, place(namespace)),
    clsact: (program: LoadedProgram, namespace: TestNamespace): Link => attachClsact(kernel, program, place(namespace)),
    "the better way": (program: LoadedProgram, namespace: TestNamespace): Link =>
      attachTc(kernel, program, place(namespace)),
  };
  for (const [way, attach] of Object.entries(rows)) {
    kernelTest(
      `${direction} by ${way} sees every frame, is replaced in place, and goes`,
      { needs: way === "TCX" ? ["tcx"] : [] },
      async () => {
        const before = openKernelDescriptors();
        {
          using namespace = new TestNamespace(kernel);
          namespace.addPair("veth", "v0", "v1");
          using first = counterOfFrames();
          using second = counterOfFrames();
          const send = (): void => namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), COUNT));

          const link = attach(first, namespace);
          send();
          await settlesAt(first, COUNT, "frames");
          link.update(second);
          send();
          await settlesAt(second, COUNT, "frames after the update");
          link.close();
          send();
          await settlesAt(second, COUNT, "frames after the end");
          assert.equal(first.count, COUNT);
          assert.deepEqual(shown(namespace), []);
          assert.doesNotMatch(namespace.print("ip", "link", "show", "dev", device), /clsact/);
        }
        assert.deepEqual(leaked(before, openKernelDescriptors()), []);
      },
    );
  }
}

kernelTest("clsact filters run by priority, and what was there before stays", async () => {
  using namespace = new TestNamespace(kernel);
  namespace.addPair("veth", "v0", "v1");
  const place = { direction: "ingress", device: "v1", namespace: namespace.fd } as const;
  using late = counterOfFrames();
  using early = counterOfFrames(SHOT);
  using lateLink = attachClsact(kernel, late, { ...place, priority: 20, handle: 7, name: "late" });
  assert.deepEqual([lateLink.priority, lateLink.handle], [20, 7]);
  assert.throws(
    () => attachClsact(kernel, early, { ...place, priority: 20, handle: 7 }),
    (error) => error instanceof KernelError && error.code === "EEXIST",
  );
  const earlyLink = attachClsact(kernel, early, { ...place, priority: 10 });
  assert.deepEqual(shown(namespace), [
    { devname: "v1", kind: "clsact/ingress", id: early.id },
    { devname: "v1", kind: "clsact/ingress", id: late.id },
  ]);
  const send = (): void => namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), 10));
  send();
  await settlesAt(early, 10, "frames dropped");
  assert.equal(late.count, 0);
  earlyLink.close();
  send();
  await settlesAt(late, 10, "frames once nothing drops them");

  using taken = counterOfFrames();
  using replacing = attachClsact(kernel, taken, { ...place, priority: 20, handle: 7, replace: true });
  assert.deepEqual(shown(namespace), [{ devname: "v1", kind: "clsact/ingress", id: taken.id }]);
  lateLink.close();
  assert.equal(shown(namespace).length, 1, "closed what had taken its place");
  replacing.close();
  assert.deepEqual(shown(namespace), []);
});

kernelTest("TCX programs run in the order asked for, at the revision asked for", { needs: ["tcx"] }, async () => {
  using namespace = new TestNamespace(kernel);
  namespace.addPair("veth", "v0", "v1");
  const place = { direction: "ingress", device: "v1", namespace: namespace.fd } as const;
  using b = counterOfFrames();
  using d = counterOfFrames();
  using a = counterOfFrames();
  using c = counterOfFrames();
  using linkB = attachTcx(kernel, b, place);
  using linkD = attachTcx(kernel, d, { ...place, order: { place: "after" } });
  using linkA = attachTcx(kernel, a, { ...place, order: { place: "before" } });
  const { revision } = queryTcx(kernel, place);
  using linkC = attachTcx(kernel, c, {
    ...place,
    order: { place: "before", neighbour: { linkId: linkD.info().id } },
    revision,
  });
  const links = [linkA, linkB, linkC, linkD];
  const order = queryTcx(kernel, place);
  assert.deepEqual(
    order.programs,
    links.map((link) => ({ programId: link.info().programId, linkId: link.info().id })),
  );
  assert.ok(order.revision > revision);
  assert.deepEqual(
    order.programs.map(({ programId }) => programId),
    [a.id, b.id, c.id, d.id],
  );

  using late = counterOfFrames();
  for (const neighbour of [{ link: linkA }, { program: a }, { programId: a.id }]) {
    using held = new Held();
    held.add(attachTcx(kernel, late, { ...place, order: { place: "after", neighbour } }));
    assert.equal(queryTcx(kernel, place).programs[1]?.programId, late.id);
  }
  assert.throws(
    () => attachTcx(kernel, late, { ...place, revision }),
    (error) => error instanceof KernelError && error.code === "ESTALE",
  );

  using drop = counterOfFrames(SHOT);
  linkB.update(drop);
  namespace.run(() => sendFrames(kernel, namespace.index("v0"), testFrame(), 20));
  await settlesAt(drop, 20, "frames");
  assert.deepEqual([a.count, b.count, c.count, d.count], [20, 0, 0, 0]);
});

kernelTest("a detached TCX link lets go of its program, though it is held", { needs: ["tcx"] }, () => {
  using namespace = new TestNamespace(kernel);
  namespace.addPair("veth", "v0", "v1");
  const place = { direction: "egress", device: "v0", namespace: namespace.fd } as const;
  using counter = counterOfFrames();
  const link = attachTcx(kernel, counter, place);
  const { id } = link.info();
  link.detach();
  assert.deepEqual(queryTcx(kernel, place).programs, []);
  link.close();
  assert.equal(objectById(kernel, "link", id), undefined);
});
