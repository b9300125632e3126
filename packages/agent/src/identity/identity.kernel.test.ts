import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openKernel } from "@sonde/kernel/sys";
import { runningTarget } from "@sonde/kernel/target";
import { kernelTest } from "@sonde/kernel/testing";
import { findHierarchy } from "@sonde/runtime/cgroups";
import { Identity } from "./identity.ts";
import { PodStore } from "./kubernetes/pod-store.ts";

const ID = "fedcba98".repeat(8);
const UID = "6e3a3d2b-1c5f-4f0e-9a57-0c2b1f5f3c11";
const hierarchy = findHierarchy()!;
const base = `/sonde-identity-${process.pid}`;
const folder = hierarchy.mount + base;
const root = mkdtempSync(path.join(tmpdir(), "sonde-identity-"));
mkdirSync(folder);
after(() => {
  removeGroups(folder);
  rmSync(root, { recursive: true });
});

const kernel = openKernel();
const vmlinux = runningTarget({ kernel }).btf!;
const start = (pods?: PodStore): Identity => new Identity({ kernel, vmlinux, hierarchy, root, ...(pods && { pods }) });

/** A group and all below it. */
function removeGroups(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(`${path}/${entry.name}`);
  rmdirSync(path);
}

/** A thread of this name makes folders: runtimes are known by their names. */
function maker(name: string): (folder: string) => void {
  return (made) => {
    const { title } = process;
    process.title = name;
    mkdirSync(made, { recursive: true });
    process.title = title;
  };
}

function idOf(identity: Identity, cgroup: string): bigint {
  for (const { id, identity: known } of identity.all()) if (known.path === cgroup) return id;
  throw new Error(`${cgroup} is not known`);
}

kernelTest("a pod's container is known by its path, by its runtime's files and by the API server", async () => {
  const pods = new PodStore();
  const identity = start(pods);
  try {
    mkdirSync(`${folder}/kubepods/burstable/pod${UID}/${ID}/inner`, { recursive: true });
    const id = idOf(identity, `${base}/kubepods/burstable/pod${UID}/${ID}`);
    const inner = idOf(identity, `${base}/kubepods/burstable/pod${UID}/${ID}/inner`);
    assert.deepEqual(identity.cgroup(id)?.container, {
      id: ID,
      name: ID.slice(0, 12),
      image: "",
      runtime: "",
      labels: {},
    });
    assert.deepEqual(identity.cgroup(id)?.pod, { uid: UID, name: "", namespace: "", node: "", labels: {} });

    const epoch = identity.epoch;
    const task = `${root}/run/containerd/io.containerd.runtime.v2.task/k8s.io/${ID}`;
    mkdirSync(task, { recursive: true });
    const annotations = {
      "io.kubernetes.cri.container-type": "container",
      "io.kubernetes.cri.container-name": "nginx",
    };
    writeFileSync(`${task}/config.json`, JSON.stringify({ annotations }));
    for (let i = 0; i < 300 && identity.cgroup(id)?.container?.name !== "nginx"; i++) await sleep(10);
    assert.equal(identity.cgroup(inner)?.container?.name, "nginx");
    assert.notEqual(identity.epoch, epoch);

    const pod = { uid: UID, name: "web-0", namespace: "shop", node: "n1", labels: { app: "web" } };
    pods.put(pod);
    assert.deepEqual(identity.cgroup(inner)?.pod, pod);
    assert.equal(identity.cgroup(idOf(identity, base))?.container, undefined);

    removeGroups(`${folder}/kubepods`);
    identity.cgroup(0);
    assert.equal(identity.cgroup(inner)?.container?.name, "nginx", "it is remembered");
  } finally {
    identity.close();
  }
});

kernelTest("a container that runc makes is known though its path says nothing, its parents are none", () => {
  const identity = start();
  try {
    maker("runc")(`${folder}/mine/web`);
    maker("mkdir-of-somebody")(`${folder}/plain`);
    const container = (name: string) => identity.cgroup(idOf(identity, `${base}/${name}`))?.container;
    assert.equal(container("mine/web")?.name, "web");
    assert.equal(container("mine/web")?.runtime, "runc");
    assert.equal(container("mine"), undefined);
    assert.equal(container("plain"), undefined);
  } finally {
    identity.close();
  }
});

kernelTest("a container whose group has another name is found by the path in runc's files", async () => {
  const identity = start();
  try {
    maker("runc")(`${folder}/group-of-it`);
    const id = idOf(identity, `${base}/group-of-it`);
    assert.equal(identity.cgroup(id)?.container?.name, "group-of-it");
    const epoch = identity.epoch;
    mkdirSync(`${root}/run/runc/real-name`, { recursive: true });
    const paths = { [hierarchy.controller ?? ""]: `${folder}/group-of-it` };
    writeFileSync(`${root}/run/runc/real-name/state.json`, JSON.stringify({ id: "real-name", cgroup_paths: paths }));
    for (let i = 0; i < 300 && identity.cgroup(id)?.container?.name !== "real-name"; i++) await sleep(10);
    assert.deepEqual([identity.cgroup(id)?.container?.name, identity.epoch], ["real-name", epoch + 1]);
    // What nobody has asked for changes nothing that was said.
    mkdirSync(`${folder}/unasked`);
    idOf(identity, `${base}/unasked`);
    assert.equal(identity.epoch, epoch + 1);
  } finally {
    identity.close();
  }
});

kernelTest("containers that were there before are found by the files of runc", () => {
  mkdirSync(`${folder}/older`);
  mkdirSync(`${root}/run/runc/older-web`, { recursive: true });
  const paths = { [hierarchy.controller ?? ""]: `${folder}/older` };
  writeFileSync(`${root}/run/runc/older-web/state.json`, JSON.stringify({ id: "older-web", cgroup_paths: paths }));
  const identity = start();
  try {
    assert.equal(identity.cgroup(idOf(identity, `${base}/older`))?.container?.name, "older-web");
    assert.ok(identity.statistics.containers >= 1);
    assert.equal(identity.statistics.lost, 0);
  } finally {
    identity.close();
  }
});

kernelTest(
  "processes are known by name and cgroup after their end, also those that never changed their program",
  async () => {
    const identity = start();
    try {
      identity.watch("processes");
      mkdirSync(`${folder}/processes`);
      const script = `echo $$ > ${folder}/processes/cgroup.procs; exec sleep 0`;
      const child = spawn("sh", ["-c", script]);
      const pid = child.pid!;
      await new Promise((resolve) => child.once("exit", resolve));
      assert.deepEqual(identity.process(pid), { comm: "sleep", cgroup: idOf(identity, `${base}/processes`) });

      const forked = Number(
        execFileSync("sh", ["-c", "(:; read -r pid rest < /proc/self/stat; echo $pid) "]).toString(),
      );
      assert.equal(identity.process(forked)?.comm, "sh");
      const own = identity.process(process.pid);
      assert.equal(identity.cgroup(own?.cgroup as bigint)?.path.startsWith("/"), true);
      assert.equal(identity.process(4_194_303), undefined);
    } finally {
      identity.close();
    }
  },
);

kernelTest(
  "more cgroups at once than the ring has room for: all that stay are known, those that went are not there",
  () => {
    const identity = start();
    try {
      const many = `${folder}/many`;
      mkdirSync(`${many}/early`, { recursive: true });
      const early = idOf(identity, `${base}/many/early`);
      // The ring is read when this thread waits: it does not until all are made.
      const count = 1000;
      for (let i = 0; i < count; i++) mkdirSync(`${many}/${i}`);
      rmdirSync(`${many}/early`);
      const known = new Set(Array.from(identity.all(), ({ identity: { path: where } }) => where));
      assert.ok(identity.statistics.lost > 0, "the ring had room for all");
      for (let i = 0; i < count; i++) assert.ok(known.has(`${base}/many/${i}`), `${i} is not known`);
      assert.ok(!known.has(`${base}/many/early`));
      assert.equal(identity.cgroup(early)?.path, `${base}/many/early`, "what is gone is remembered");
      removeGroups(many);
    } finally {
      identity.close();
    }
  },
);
