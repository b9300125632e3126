import assert from "node:assert/strict";
import { test } from "node:test";
import { UnsupportedFeatureError } from "../sys/errors.ts";
import type { KernelFacts } from "./kernel-features.ts";
import { reasonToLack } from "./kernel-features.ts";
import { runOrSkip } from "./kernel-test.ts";

function kernel(version: string, facts: Partial<KernelFacts> & { unset?: string } = {}): KernelFacts {
  return {
    release: `${version}.0-test`,
    config: (option) => option !== facts.unset,
    functionTracingRefused: () => false,
    bpfLsmActive: () => true,
    hasFunction: () => true,
    ...facts,
  };
}

test("a kernel may lack a feature for a reason that can be named", async (t) => {
  const rows = [
    { feature: "kprobe_multi", on: kernel("5.10"), want: "needs Linux 5.18; this is 5.10.0-test" },
    { feature: "kprobe_multi", on: kernel("6.12"), want: undefined },
    { feature: "kprobe_multi", on: kernel("6.1", { hasFunction: () => false }), want: "needs CONFIG_FPROBE" },
    {
      feature: "kprobe",
      on: kernel("6.18", { unset: "CONFIG_KPROBES" }),
      want: "needs CONFIG_KPROBES, which is not set",
    },
    { feature: "fentry", on: kernel("6.18", { functionTracingRefused: () => true }), want: "refused to root" },
    {
      feature: "map_element_iterator",
      on: kernel("6.18", { functionTracingRefused: () => true }),
      want: "refused to root",
    },
    { feature: "tp_btf", on: kernel("6.18", { functionTracingRefused: () => true }), want: undefined },
    { feature: "lsm", on: kernel("6.1", { bpfLsmActive: () => false }), want: "active security modules" },
    // An unreadable configuration excuses nothing.
    { feature: "kprobe", on: kernel("6.1", { config: () => undefined }), want: undefined },
  ] as const;
  for (const { feature, on, want } of rows) {
    await t.test(`${feature} on ${on.release}`, () => {
      const have = reasonToLack(feature, on);
      if (want === undefined) assert.equal(have, undefined);
      else assert.ok(have?.includes(want), have);
    });
  }
});

test("an unsupported feature on a kernel that should have it is a failure, not a skip", async () => {
  const context = { skip: () => assert.fail("skipped") };
  const refuse = (): void => {
    throw new UnsupportedFeatureError("kprobe", "4.1", "the kernel answered EINVAL");
  };
  await assert.rejects(runOrSkip(context, ["kprobe"], kernel("6.12"), refuse), /no reason to skip on 6\.12/);
  await assert.rejects(runOrSkip(context, [], kernel("5.10"), refuse), /names no feature/);
});

test("an unsupported feature on a kernel older than it is a skip", async () => {
  const reasons: (string | undefined)[] = [];
  const context = { skip: (reason?: string) => void reasons.push(reason) };
  await runOrSkip(context, [], kernel("5.10"), () => {
    throw new UnsupportedFeatureError("timers", "5.15", "the kernel answered EINVAL");
  });
  assert.deepEqual(reasons, ["unsupported feature timers: needs Linux 5.15; this is 5.10.0-test"]);
});

test("a test that needs what the kernel rightly lacks is skipped without being run", async () => {
  const reasons: (string | undefined)[] = [];
  const context = { skip: (reason?: string) => void reasons.push(reason) };
  await runOrSkip(context, ["tcx"], kernel("6.1"), () => assert.fail("run"));
  assert.deepEqual(reasons, ["unsupported feature tcx: needs Linux 6.6; this is 6.1.0-test"]);
});

test("any other error stays what it is", async () => {
  const context = { skip: () => assert.fail("skipped") };
  const fault = new TypeError("a fault");
  await assert.rejects(
    runOrSkip(context, ["kprobe"], kernel("6.12"), () => {
      throw fault;
    }),
    fault,
  );
});
