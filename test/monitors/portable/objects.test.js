// Every monitor's object, built once where this project is built, on whatever kernel this test runs: it is taken by
// bpftool, loaded and attached by Sonde, and counts what is known to happen. `npm run test:monitors` does it on
// Debian's kernels and prints the table of docs/monitors.md.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { before } from "node:test";
import { kernelTest } from "@sonde/kernel/testing";
import { root } from "../../../tools/lib/environment.js";
import { buildObjects, monitorNames } from "./objects.js";
import { objectFile, watch } from "./watch.js";
import { WORKLOADS } from "./workloads.js";

/** A guest has the objects that were built outside. */
const inGuest = existsSync(path.join(root, "host-vmlinux.btf"));
before(async () => {
  process.chdir(root);
  if (!inGuest) await buildObjects();
});

const pins = `/sys/fs/bpf/sonde-objects-${process.pid}`;

/** What libbpf makes of the same bytes. @param {string} file */
function loadByBpftool(file) {
  mkdirSync(pins);
  try {
    const { status, stdout, stderr } = spawnSync("bpftool", ["prog", "loadall", file, `${pins}/programs`], {
      encoding: "utf8",
    });
    assert.equal(status, 0, `bpftool: ${stdout}${stderr}`.slice(-3000));
  } finally {
    rmSync(pins, { recursive: true });
  }
}

for (const monitor of monitorNames()) {
  const workload = WORKLOADS[monitor];
  kernelTest(`${monitor}: attached, and right`, { needs: workload?.needs ?? [] }, async () => {
    assert.ok(workload !== undefined, `${monitor} has no workload in workloads.js`);
    const truth = workload.prepare?.();
    workload.check(await watch(monitor, () => workload.run(truth), workload.params), truth);
  });
  kernelTest(`${monitor}: loaded by bpftool`, { needs: workload?.needs ?? [] }, () =>
    loadByBpftool(objectFile(monitor)),
  );
}
