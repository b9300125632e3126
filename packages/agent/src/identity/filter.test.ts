import assert from "node:assert/strict";
import { test } from "node:test";
import type { FilterView } from "@sonde/bpf/spec";
import type { CgroupIdentity } from "@sonde/runtime/decoders";
import { admits, awaitedNames, taskFilterOf } from "./filter.ts";

const ID = "0123456789ab".padEnd(64, "0");
const web: CgroupIdentity = {
  path: "/kubepods/pod1/abc",
  container: { id: ID, name: "nginx", image: "", runtime: "", labels: { tier: "front" } },
  pod: { uid: "u-1", name: "web-0", namespace: "shop", node: "", labels: { app: "web" } },
};
const host: CgroupIdentity = { path: "/system.slice/ssh.service", container: undefined, pod: undefined };

const TABLE: readonly (readonly [FilterView, boolean, boolean])[] = [
  [{}, true, true],
  [{ containers: ["nginx"] }, true, false],
  [{ containers: [ID] }, true, false],
  [{ containers: ["other", "0123456789ab"] }, true, false],
  [{ containers: ["0123456"] }, false, false],
  [{ pods: ["web-0"] }, true, false],
  [{ pods: ["shop/web-0"] }, true, false],
  [{ pods: ["other/web-0"] }, false, false],
  [{ pods: ["u-1"] }, true, false],
  [{ namespaces: ["shop"] }, true, false],
  [{ namespaces: ["kube-system"] }, false, false],
  [{ labels: { app: "web" } }, true, false],
  [{ labels: { app: "web", tier: "front" } }, true, false],
  [{ labels: { app: "web", tier: "back" } }, false, false],
  [{ namespaces: ["shop"], containers: ["sidecar"] }, false, false],
  [{ cgroups: ["/system.slice"] }, false, true],
  [{ cgroups: ["/system.slice/"] }, false, true],
  [{ cgroups: ["/system"] }, false, false],
  [{ cgroups: ["/"] }, true, true],
];
for (const [filter, ofWeb, ofHost] of TABLE) {
  test(JSON.stringify(filter), () => {
    assert.equal(admits(filter, web), ofWeb);
    assert.equal(admits(filter, host), ofHost);
  });
}

test("what is waited for", () => {
  const pods = [web.pod!];
  assert.ok(awaitedNames({ containers: ["web"] }, []).includes("docker-web.scope"));
  assert.ok(awaitedNames({ namespaces: ["shop"] }, pods).includes("podu-1"));
  assert.deepEqual(awaitedNames({ namespaces: ["other"] }, pods), []);
  assert.deepEqual(awaitedNames({ namespaces: ["shop"], containers: ["nginx"] }, pods), []);
  assert.deepEqual(awaitedNames({ cgroups: ["/a"], containers: ["nginx"] }, pods), []);
});

test("what programs ask of each task", () => {
  assert.deepEqual(taskFilterOf({ pids: [1] }), { pids: [1], cgroups: false });
  assert.deepEqual(taskFilterOf({ comms: ["dd"], labels: { app: "web" } }), { comms: ["dd"], cgroups: true });
});
