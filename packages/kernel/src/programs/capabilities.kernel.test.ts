import assert from "node:assert/strict";
import type { ProgramType } from "@sonde/bpf/spec";
import { plainProgram } from "../features/program-types.ts";
import { tryProgram } from "../features/trial.ts";
import { ProgramTypeId } from "../sys/constants.ts";
import { Errno, openKernel } from "../sys/index.ts";
import { runningTarget } from "../target/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { programCapabilities } from "./capabilities.ts";
import { withoutCapabilities } from "./verifier/testing/capabilities.ts";

const ALL = ["bpf", "perfmon", "net_admin"] as const;
/** Whoever has it has all of them. */
const GREATEST = "sys_admin";
/** Attaching asks for what loading does not, both are anybody's where unprivileged BPF is on, or newer kernels ask for less. */
const MAY_LOAD_WITH_LESS: readonly ProgramType[] = ["cgroup_skb", "socket_filter", "lirc_mode2"];

kernelTest("a program of each type is loaded with the capabilities that its type needs, and with none less", () => {
  const kernel = openKernel();
  const target = runningTarget({ kernel });
  let tried = 0;
  for (const type of Object.keys(ProgramTypeId) as ProgramType[]) {
    const program = plainProgram({ btf: () => target.btf }, type);
    // What even root is refused (no such type here) says nothing.
    if (program === undefined || loaded(program) !== 0) continue;
    tried++;
    const needed = programCapabilities(type);
    const loadedWith = (held: readonly string[]): number =>
      withoutCapabilities([GREATEST, ...ALL.filter((name) => !held.includes(name))], () => loaded(program));
    assert.equal(loadedWith(needed), 0, `${type} with ${needed.join(", ")}`);
    if (MAY_LOAD_WITH_LESS.includes(type)) continue;
    for (const name of needed) {
      assert.equal(loadedWith(needed.filter((other) => other !== name)), Errno.EPERM, `${type} without ${name}`);
    }
  }
  assert.ok(tried > 15, `${tried} types were tried`);

  function loaded(program: NonNullable<ReturnType<typeof plainProgram>>): number {
    const trial = tryProgram(kernel, program);
    trial.program?.close();
    return trial.errno;
  }
});
