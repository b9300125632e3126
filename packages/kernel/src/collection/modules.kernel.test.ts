/** Modules: their functions called and traced, fields of their structs found, as libbpf does. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { Attacher } from "../links/index.ts";
import { openPinnedProgram } from "../programs/index.ts";
import { leaked, openKernel, openKernelDescriptors } from "../sys/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { loadCollection } from "./load.ts";
import { kernelCode } from "./testing/code.ts";
import { kernelTypes, objectPath, objectSpec, objectWith } from "./testing/objects.ts";

const kernel = openKernel();
const vmlinux = kernelTypes();
const ENOENT = 2;

kernelTest(
  "a module's function is called, by the same instructions as libbpf's, and traced",
  { needs: ["modules", "module_functions", "fentry"] },
  () => {
    execFileSync("modprobe", ["nf_conntrack"]);
    assert.ok(existsSync("/sys/kernel/btf/nf_conntrack"));
    const before = openKernelDescriptors();
    {
      using collection = loadCollection(kernel, objectSpec("conntrack"), { vmlinux });
      const lookup = collection.program("lookup");
      const tracer = objectWith("tracing", "fentry");
      tracer.program("fentry").attach = [
        { kind: "fentry", function: "nf_conntrack_find_get", module: "nf_conntrack", onReturn: false },
      ];
      using tracing = loadCollection(kernel, tracer.spec(), { vmlinux });
      const [attachment] = tracing.attachments();
      using link = new Attacher(kernel).attach(attachment!.program, attachment!.target);
      const info = link.info();
      assert.ok(info.kind === "tracing" && info.targetObjectId !== 1 && info.attachType === "trace_fentry");
      assert.equal(lookup.testRun({ data: new Uint8Array(64) }).returned, 2);
      assert.equal(collection.globals("bss")["error"], -ENOENT);
      assert.equal(tracing.globals<Record<string, { count: bigint }>>("bss")["on_fentry"]?.count, 1n);

      const pins = `/sys/fs/bpf/sonde-modules-${process.pid}`;
      mkdirSync(pins);
      try {
        execFileSync("bpftool", ["prog", "loadall", objectPath("conntrack"), `${pins}/programs`], {
          stdio: ["ignore", "pipe", "pipe"],
        });
        using theirs = openPinnedProgram(kernel, `${pins}/programs/lookup`);
        assert.deepEqual(kernelCode(kernel, lookup.fd), kernelCode(kernel, theirs.fd));
      } finally {
        rmSync(pins, { recursive: true });
      }
    }
    assert.deepEqual(leaked(before, openKernelDescriptors()), []);
  },
);

kernelTest("a function of a module that is not loaded is said to be of one", { needs: ["tp_btf"] }, () => {
  const tracer = objectWith("tracing", "fentry");
  tracer.program("fentry").attach = [
    { kind: "fentry", function: "nothing", module: "no_such_module", onReturn: false },
  ];
  assert.throws(
    () => loadCollection(kernel, tracer.spec(), { vmlinux }),
    /module 'no_such_module', which is not loaded or has none at \/sys\/kernel\/btf\/no_such_module/,
  );
});
