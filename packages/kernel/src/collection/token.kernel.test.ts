/** A BPF token: a process without privileges loads what root has delegated to it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createToken, KernelError, openKernel } from "../sys/index.ts";
import { kernelTest } from "../testing/kernel-test.ts";
import { systemCall } from "./testing/system-call.ts";

const FSCONFIG = 431;
const SET_STRING = 1;
const CREATE = 6;
const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;

kernelTest(
  "what root delegates to a user namespace is loaded there, and nothing without the token",
  { needs: ["token"] },
  async () => {
    const script = fileURLToPath(new URL("testing/token-child.js", import.meta.url));
    const child = spawn("unshare", ["-U", "-r", "-m", process.execPath, script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const theirs = Number((await lines.next()).value);
    const context = systemCall(PIDFD_GETFD, systemCall(PIDFD_OPEN, child.pid ?? 0, 0), theirs, 0);
    for (const option of ["delegate_cmds", "delegate_maps", "delegate_progs", "delegate_attachs"]) {
      systemCall(FSCONFIG, context, SET_STRING, option, "any", 0);
    }
    systemCall(FSCONFIG, context, CREATE, null, null, 0);
    child.stdin.write("go\n");
    assert.equal((await lines.next()).value, "EPERM; loaded 1 map and 1 program");
  },
);

kernelTest("outside of a user namespace there are no tokens", { needs: ["token"] }, () => {
  assert.throws(
    () => createToken(openKernel(), "/sys/fs/bpf"),
    (error) => error instanceof KernelError && error.code === "EOPNOTSUPP",
  );
});
