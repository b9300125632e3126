/**
 * The same objects loaded by libbpf (in Debian's bpftool) and by us: every instruction must be the same,
 * as loaded (the kernel's digest of them) and after verification; so must the values taken from the kernel.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { openPinnedMap } from "../maps/index.ts";
import { openPinnedProgram } from "../programs/index.ts";
import { leaked, openKernel, openKernelDescriptors } from "../sys/index.ts";
import type { KernelFeature } from "../testing/kernel-features.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { loadCollection } from "./load.ts";
import { kernelCode } from "./testing/code.ts";
import { kernelTypes, objectPath, objectSpec } from "./testing/objects.ts";

const kernel = openKernel();
const vmlinux = kernelTypes();
const PINS = `/sys/fs/bpf/sonde-libbpf-${process.pid}`;

/** Loads by libbpf with programs and maps pinned; they are gone after `work`. */
function withLibbpf<T>(name: string, work: () => T): T {
  if (!execFileSync("mount", { encoding: "utf8" }).includes(" on /sys/fs/bpf "))
    execFileSync("mount", ["-t", "bpf", "bpf", "/sys/fs/bpf"]);
  mkdirSync(`${PINS}/maps`, { recursive: true });
  try {
    execFileSync("bpftool", ["prog", "loadall", objectPath(name), `${PINS}/programs`, "pinmaps", `${PINS}/maps`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    return work();
  } finally {
    rmSync(PINS, { recursive: true, force: true });
  }
}

const OBJECTS: readonly { readonly name: string; readonly needs: readonly KernelFeature[] }[] = [
  { name: "externs", needs: ["kernel_config"] },
  { name: "variables", needs: ["kernel_variables"] },
  { name: "functions", needs: ["callbacks"] },
  { name: "iterators", needs: ["map_element_iterator"] },
  { name: "replaced", needs: [] },
  { name: "hooks", needs: ["fentry", "lsm"] },
  { name: "usdt", needs: [] },
  { name: "usdt_indexed", needs: [] },
];

for (const { name, needs } of OBJECTS) {
  kernelTest(`${name}: instruction by instruction what libbpf loads`, { needs }, () => {
    const before = openKernelDescriptors();
    withLibbpf(name, () => {
      using ours = loadCollection(kernel, objectSpec(name), { vmlinux });
      assert.ok(ours.programs.length > 0);
      for (const program of ours.programs) {
        using theirs = openPinnedProgram(kernel, `${PINS}/programs/${program.name}`);
        const [have, want] = [kernelCode(kernel, program.fd), kernelCode(kernel, theirs.fd)];
        assert.deepEqual(have.instructions, want.instructions, program.name);
        // Debian's libbpf leaves a call of function 0 where this kernel has none of the name; newer ones, and we, a call that names
        // it in the verifier's log. Both are removed before the program runs.
        const hasPoison = ours.report.poisoned.some((access) => access.program === program.name);
        if (!hasPoison) assert.equal(have.tag, want.tag, program.name);
      }
    });
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  });
}

kernelTest("the kernel's configuration is read as libbpf reads it", { needs: ["kernel_config"] }, () => {
  withLibbpf("externs", () => {
    using ours = loadCollection(kernel, objectSpec("externs"), { vmlinux });
    using theirs = openPinnedMap(kernel, `${PINS}/maps/externs_kconfig`);
    const key = new Uint8Array(4);
    assert.deepEqual(ours.map(".kconfig").lookup(key), theirs.lookup(key));
  });
});
