// Pods with their cgroups as the kubelet makes them (cgroupfs driver), containers in them by runc, and what the
// API server says of them: labels and filters.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { FakeApiServer } from "../../packages/agent/dist/identity/kubernetes/testing/fake-api-server.js";
import { fetchText } from "../support/services.js";
import { startSonde } from "../support/sonde.js";
import { seriesOf, startAgent, writesMonitor } from "./agent.js";
import { makeGroup, removeGroup } from "./cgroups.js";
import { Runc, writesAndSleeps } from "./runc.js";
import { temporaryFolder } from "../support/folder.js";

const base = `/sonde-pods-${process.pid}`;
const NODE = "node-1";

/** @param {number} i */
const uid = (i) => `6e3a3d2b-1c5f-4f0e-9a57-${String(i).padStart(12, "0")}`;
/** @param {number} i */
const id = (i) => String(i).padStart(64, "c0ffee");

/** Of each class of service one, as the kubelet's cgroupfs driver places them below its root. */
const PODS = [
  {
    name: "db-0",
    namespace: "shop",
    uid: uid(1),
    group: `${base}/kubepods/pod${uid(1)}`,
    labels: { app: "db" },
    writes: 111,
  },
  {
    name: "web-0",
    namespace: "shop",
    uid: uid(2),
    group: `${base}/kubepods/burstable/pod${uid(2)}`,
    labels: { app: "web" },
    writes: 222,
  },
  {
    name: "job-x",
    namespace: "batch",
    uid: uid(3),
    group: `${base}/kubepods/besteffort/pod${uid(3)}`,
    labels: { app: "web" },
    writes: 333,
  },
];

/** The API server, an agent that asks it, and runc. @param {import("node:test").TestContext} t @param {Record<string, string>} monitors */
async function startNode(t, monitors) {
  const folder = temporaryFolder();
  const server = new FakeApiServer();
  const url = await server.start();
  t.after(() => server.stop());
  const token = path.join(folder, "token");
  writeFileSync(token, server.token);
  const words = ["--kubernetes", url, "--node-name", NODE, "--kubernetes-token-file", token];
  const runc = new Runc(folder);
  const agent = await startAgent(t, folder, monitors, words);
  for (let i = 0; i < 100 && server.watches === 0; i++) await sleep(20);
  assert.equal(server.watches, 1, "the agent watches this node's pods");
  return { server, runc, agent };
}

/**
 * What the kubelet does once a pod is bound to its node: its group, then its container. It takes longer for that
 * than the API server to tell everybody.
 * @param {Awaited<ReturnType<typeof startNode>>} node
 * @param {(typeof PODS)[number]} pod
 * @param {number} i
 */
async function runPod({ server, runc, agent }, { group, writes, ...pod }, i) {
  server.put({ ...pod, node: NODE });
  for (let attempt = 0; attempt < 100; attempt++) {
    if (new RegExp(`^sonde_identity_pods ${i + 1}$`, "m").test(await fetchText(`${agent.url}/metrics`))) break;
    await sleep(20);
  }
  makeGroup(group);
  const annotations = {
    "io.kubernetes.cri.container-type": "container",
    "io.kubernetes.cri.container-name": `main-${i}`,
  };
  await runc.run({ id: id(i), args: writesAndSleeps(writes, 200), cgroupsPath: `${group}/${id(i)}`, annotations });
}

test("guaranteed, burstable and best-effort pods are told by name, namespace and label", async (t) => {
  t.after(() => removeGroup(base));
  const node = await startNode(t, { writes: writesMonitor("sonde_test_writes") });
  for (const [i, pod] of PODS.entries()) await runPod(node, pod, i);
  const series = (await seriesOf(node.agent.url, "sonde_test_writes")).filter(({ cgroup }) => cgroup?.startsWith(base));
  assert.deepEqual(
    series.map(({ cgroup, runtime, ...rest }) => rest).sort((a, b) => a.value - b.value),
    PODS.map(({ name, namespace, labels, writes }, i) => ({
      container: `main-${i}`,
      id: id(i),
      pod: name,
      namespace,
      app: labels.app,
      value: writes,
    })),
  );
  const metrics = await fetchText(`${node.agent.url}/metrics`);
  assert.match(metrics, /^sonde_identity_pods 3$/m);
  assert.match(metrics, /^sonde_identity_lost_total 0$/m);
});

test("filters by namespace, pod, container and label see the first write and the last, and nobody else's", async (t) => {
  t.after(() => removeGroup(base));
  const filters = {
    namespace: "{ namespace: shop }",
    pod: "{ pod: [shop/web-0, other/db-0] }",
    label: "{ labels: { app: web } }",
    both: "{ namespace: shop, labels: { app: web } }",
    nobody: "{ namespace: kube-system }",
  };
  const monitors = Object.fromEntries(
    Object.entries(filters).map(([name, filter]) => [name, writesMonitor(`sonde_test_${name}`, filter)]),
  );
  const node = await startNode(t, monitors);
  for (const [i, pod] of PODS.entries()) await runPod(node, pod, i);
  const [db = 0, web = 0, job = 0] = PODS.map(({ writes }) => writes);
  const wanted = { namespace: [db, web], pod: [web], label: [web, job], both: [web], nobody: [] };
  for (const [name, want] of Object.entries(wanted)) {
    const series = await seriesOf(node.agent.url, `sonde_test_${name}`);
    assert.deepEqual(
      series.map(({ value }) => value).sort((a, b) => a - b),
      want,
      name,
    );
  }
});

test("filters by process and by name", async (t) => {
  const folder = temporaryFolder();
  const count = 5000;
  // It waits to be told: its id is needed first.
  const writer = spawn("sh", ["-c", `read line; exec dd if=/dev/zero of=/dev/null bs=1 count=${count} status=none`]);
  const other = spawn("sh", ["-c", "read line; exec dd if=/dev/zero of=/dev/null bs=1 count=777 status=none"]);
  const agent = await startAgent(t, folder, {
    mine: writesMonitor("sonde_test_mine", `{ pid: ${writer.pid}, comm: [dd, other] }`),
    wrong: writesMonitor("sonde_test_wrong", `{ pid: ${writer.pid}, comm: other }`),
  });
  for (const child of [writer, other]) child.stdin.end("go\n");
  await Promise.all([writer, other].map((child) => once(child, "exit")));
  assert.deepEqual(
    (await seriesOf(agent.url, "sonde_test_mine")).map(({ value }) => value),
    [count],
  );
  assert.deepEqual(await seriesOf(agent.url, "sonde_test_wrong"), []);
});

test("sonde trace waits for a container and counts it from its first system call", async (t) => {
  t.after(() => removeGroup(base));
  const folder = temporaryFolder();
  const runc = new Runc(folder);
  const program = 'tracepoint:syscalls:sys_enter_write /comm == "dd"/ { @ = count(); }';
  const trace = startSonde(["trace", "--container", "awaited", "-f", "json", "-e", program]);
  let said = "";
  trace.child.stderr.on("data", (chunk) => (said += chunk));
  let begun = "";
  trace.child.stdout.on("data", (chunk) => (begun += chunk));
  for (let i = 0; i < 200 && !/attached_probes/.test(begun); i++) await sleep(50);
  assert.match(said, /waiting for it/);
  for (const [name, writes] of /** @type {const} */ ([
    ["awaited", 444],
    ["another", 555],
  ]))
    await runc.run({ id: name, args: writesAndSleeps(writes, 0), cgroupsPath: `${base}/${name}` });
  trace.child.kill("SIGINT");
  const { status, stdout } = await trace.ended;
  assert.equal(status, 0, said);
  assert.match(stdout, /"@": 444/);
});
