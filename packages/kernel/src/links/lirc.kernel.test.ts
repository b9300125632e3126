/** Receivers are rare: what can be shown without one is what the kernel is asked, and what is said where there is none. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { programTypeFeatures } from "../features/program-types.ts";
import {
  BpfCommand,
  type Kernel,
  KernelError,
  UnsupportedFeatureError,
  leaked,
  openKernel,
  openKernelDescriptors,
} from "../sys/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { attachLirc } from "./lirc.ts";
import { PacketCounter } from "./net/testing/packet-counter.ts";

const kernel = openKernel();
const RECEIVER = "/dev/lirc0";
/** BPF_LIRC_MODE2 of enum bpf_attach_type. */
const LIRC_MODE2 = 16;

kernelTest("lirc_mode2 programs load where the kernel has them, and else it is said why not", () => {
  const make = (): PacketCounter =>
    new PacketCounter(kernel, { type: "lirc_mode2", attachType: "lirc_mode2", returns: 0 });
  const feature = programTypeFeatures().find(({ name }) => name === "lirc_mode2");
  const supported = feature?.probe({ kernel, btf: () => undefined }).supported;
  assert.notEqual(supported, undefined);
  if (supported === true) make()[Symbol.dispose]();
  else assert.throws(make, KernelError);
});

kernelTest("without a receiver that is said", () => {
  if (existsSync(RECEIVER)) return;
  using program = new PacketCounter(kernel, { type: "socket_filter", returns: 0 });
  assert.throws(
    () => attachLirc(kernel, program, { device: RECEIVER }),
    (error) =>
      error instanceof UnsupportedFeatureError && /no such device; a kernel with CONFIG_LIRC/.test(error.reason),
  );
});

kernelTest("a program is attached to the receiver, replaced without a gap, and detached", () => {
  const before = openKernelDescriptors();
  {
    const asked: (readonly number[])[] = [];
    const receiving: Kernel = {
      ...kernel,
      bpf: (command, attr) => {
        if (command !== BpfCommand.PROG_ATTACH && command !== BpfCommand.PROG_DETACH) return kernel.bpf(command, attr);
        assert.equal(attr.readU32(8), LIRC_MODE2);
        asked.push([command, attr.readU32(0), attr.readU32(4)]);
        return 0;
      },
    };
    using first = new PacketCounter(kernel, { type: "socket_filter", returns: 0 });
    using second = new PacketCounter(kernel, { type: "socket_filter", returns: 0 });
    const link = attachLirc(receiving, first, { device: "/dev/null" });
    link.update(second);
    link.close();
    link.close();
    const receivers = new Set(asked.map(([, receiver]) => receiver));
    assert.equal(receivers.size, 1);
    assert.deepEqual(
      asked.map(([command]) => command),
      [BpfCommand.PROG_ATTACH, BpfCommand.PROG_ATTACH, BpfCommand.PROG_DETACH, BpfCommand.PROG_DETACH],
    );
    const [, replacing, removed, last] = asked.map(([, , program]) => program);
    assert.notEqual(removed, replacing);
    assert.equal(last, replacing);
    assert.throws(() => attachLirc(kernel, first, { device: "/dev/null" }), KernelError);
  }
  assert.deepEqual(leaked(before, openKernelDescriptors()), []);
});
