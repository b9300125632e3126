// Monitors of kernel functions, which are run in guests: `npm run test:kernel -- 6.12 test/monitors/functions.test.js`.
import assert from "node:assert/strict";
import { kernelTest } from "@sonde/kernel/testing";
import { ownName, seriesOf, told } from "./support.js";

kernelTest("funclatency: every call of a kernel function", { needs: ["kprobe", "kretprobe"] }, async () => {
  const { comm, file } = ownName("/bin/dd");
  const lines = await told("funclatency", `${file} if=/dev/zero of=/dev/null bs=1 count=3000 status=none`, [
    "--comm",
    comm,
    "--function",
    "vfs_read",
  ]);
  const [calls] = seriesOf(lines, "function_calls");
  assert.equal(calls.labels.function, "vfs_read");
  // What starting it reads comes on top.
  assert.ok(calls.value >= 3000 && calls.value < 3020, String(calls.value));
});
