import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { kernelTest } from "../testing/kernel-test.ts";
import { openKernel } from "./linux.ts";
import { openPidfd } from "./pidfd.ts";
import { Poller } from "./poller.ts";

const kernel = openKernel();

kernelTest(
  "a poller waits for a process to end, and the event loop goes on meanwhile",
  { timeout: 20_000 },
  async () => {
    const child = spawn("sleep", ["60"]);
    await once(child, "spawn");
    using pidfd = openPidfd(kernel, child.pid!);
    using poller = new Poller(kernel);
    poller.add(pidfd.fd);
    assert.equal(await poller.wait(0), false);
    assert.equal(await poller.wait(250), false);
    // Were the event loop blocked, nothing would end the wait.
    setTimeout(() => child.kill(), 150);
    assert.equal(await poller.wait(), true);
    assert.equal(await poller.wait(0), true);
  },
);

kernelTest("closing ends a wait", { timeout: 20_000 }, async () => {
  const poller = new Poller(kernel);
  using self = openPidfd(kernel, process.pid);
  poller.add(self.fd);
  const waiting = poller.wait();
  setTimeout(() => poller.close(), 20);
  assert.equal(await waiting, false);
  assert.equal(await poller.wait(), false);
  assert.throws(() => poller.add(self.fd), /closed already/);
  poller.close();
});

kernelTest("a descriptor that cannot be waited for is refused", () => {
  using poller = new Poller(kernel);
  assert.throws(() => poller.add(1_000_000), { call: "epoll_ctl", code: "EBADF" });
});
