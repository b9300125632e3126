import assert from "node:assert/strict";
import { test } from "node:test";
import { Errno, UnsupportedFeatureError, kernelError } from "../../sys/index.ts";
import { needing } from "./unsupported.ts";

const refuse = (errno: number) => (): never => {
  throw kernelError("BPF_LINK_CREATE", "tcx ingress:lo", errno);
};

test("a refusal by an older kernel names the version that does it", () => {
  assert.throws(
    () => needing("TCX", "6.6", refuse(Errno.EINVAL), "6.1.0-49-cloud-amd64"),
    (error) =>
      error instanceof UnsupportedFeatureError && error.since === "6.6" && /tcx ingress:lo .*EINVAL/.test(error.reason),
  );
});

test("other refusals, and those of kernels that are new enough, stay as they are", () => {
  const rows = [
    [Errno.EPERM, "6.1.0"],
    [Errno.EINVAL, "6.6.0"],
    [Errno.EINVAL, "6.10.3"],
    [Errno.EINVAL, "7.0-rc1"],
  ] as const;
  for (const [errno, running] of rows) {
    assert.throws(() => needing("TCX", "6.6", refuse(errno), running), { name: "KernelError", errno }, running);
  }
});
