// Real runtimes beside each other: podman, containerd by its own client, and containerd by Kubernetes's interface.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { seriesOf, startAgent, writesMonitor } from "./agent.js";
import { removeGroup } from "./cgroups.js";
import { CriClient } from "./cri.js";
import { makeRootfs, writesAndSleeps } from "./runc.js";
import { temporaryFolder } from "../support/folder.js";

const IMAGE = "localhost/sonde-test:1";
const UID = "6e3a3d2b-1c5f-4f0e-9a57-0c2b1f5f3c11";
const base = `/sonde-runtimes-${process.pid}`;

/** Podman with its state below a folder. @param {string} folder */
function podmanIn(folder) {
  const storage = path.join(folder, "var/lib/containers/storage");
  const options = ["--root", storage, "--runroot", path.join(folder, "run/podman"), "--storage-driver", "vfs"];
  const runtime = ["--runtime", "runc", "--cgroup-manager", "cgroupfs"];
  return (/** @type {string[]} */ ...words) =>
    execFileSync("podman", [...options, ...runtime, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** containerd with its state below a folder. @param {import("node:test").TestContext} t @param {string} folder */
async function startContainerd(t, folder) {
  const state = path.join(folder, "run/containerd");
  const socket = path.join(state, "containerd.sock");
  mkdirSync(state, { recursive: true });
  const config = `version = 2
root = "${path.join(folder, "var/lib/containerd")}"
state = "${state}"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${IMAGE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
`;
  writeFileSync(path.join(folder, "containerd.toml"), config);
  const child = spawn("containerd", ["--config", path.join(folder, "containerd.toml")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => (said = (said + chunk).slice(-4000)));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  for (let i = 0; i < 200 && !existsSync(socket); i++) await sleep(50);
  assert.ok(existsSync(socket), said);
  return {
    socket,
    ctr: (/** @type {string[]} */ ...words) =>
      execFileSync("ctr", ["--address", socket, ...words], { encoding: "utf8" }),
  };
}

test("podman's, containerd's and CRI's containers have the names that they were given", async (t) => {
  t.after(() => removeGroup(base));
  const folder = temporaryFolder();
  const rootfs = makeRootfs(folder);
  const podman = podmanIn(folder);
  const archive = path.join(folder, "rootfs.tar");
  const image = path.join(folder, "image.tar");
  execFileSync("tar", ["-C", rootfs, "-cf", archive, "."]);
  podman("import", "--change", 'CMD ["/bin/sleep", "1000"]', archive, IMAGE);
  podman("save", "--format", "oci-archive", "--output", image, IMAGE);
  const { ctr, socket } = await startContainerd(t, folder);
  for (const namespace of ["default", "k8s.io"])
    ctr("--namespace", namespace, "image", "import", "--snapshotter", "native", image);
  const agent = await startAgent(t, folder, { writes: writesMonitor("sonde_test_writes") });

  // This machine's root may not raise limits, and podman would.
  const limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
  podman("run", "--rm", "--network", "host", ...limits, "--name", "by-podman", IMAGE, ...writesAndSleeps(601, 100));
  ctr("run", "--rm", "--snapshotter", "native", IMAGE, `by-ctr-${process.pid}`, ...writesAndSleeps(602, 100));

  const cri = new CriClient(socket);
  t.after(() => cri.close());
  const pod = { name: "web-0", namespace: "shop", uid: UID, cgroupParent: `${base}/kubepods/burstable/pod${UID}` };
  const sandbox = await cri.runPodSandbox(pod);
  await cri.runContainer(sandbox, pod, { name: "nginx", image: IMAGE, command: writesAndSleeps(603, 100) });
  for (let i = 0; i < 100; i++) {
    if ((await seriesOf(agent.url, "sonde_test_writes")).some(({ value }) => value === 603)) break;
    await sleep(50);
  }
  await cri.removePodSandbox(sandbox);

  const series = await seriesOf(agent.url, "sonde_test_writes");
  const of = (/** @type {number} */ value) => {
    const found = series.find((each) => each.value === value);
    return { container: found?.container, pod: found?.pod, namespace: found?.namespace, runtime: found?.runtime };
  };
  assert.deepEqual(of(601), { container: "by-podman", pod: "", namespace: "", runtime: "podman" });
  assert.deepEqual(of(602), {
    container: `by-ctr-${process.pid}`,
    pod: "",
    namespace: "",
    runtime: "containerd",
  });
  assert.deepEqual(of(603), { container: "nginx", pod: "web-0", namespace: "shop", runtime: "containerd" });
});
