import assert from "node:assert/strict";
import { test } from "node:test";
import { containerGroupNames, podGroupNames, readCgroupPath, type PathFacts } from "./cgroup-path.ts";

const ID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const OTHER = ID.replaceAll("0", "f");
const UID = "6e3a3d2b-1c5f-4f0e-9a57-0c2b1f5f3c11";
const UNIT = UID.replaceAll("-", "_");
const STATIC = "9d1f4b8f0e2c4d6a8b0c2d4e6f8a0b1c";

const none: PathFacts = { containerId: undefined, runtime: undefined, podUid: undefined, qos: undefined };
const container = (runtime: string | undefined, containerId = ID): PathFacts => ({ ...none, containerId, runtime });
const inPod = (runtime: string | undefined, qos: PathFacts["qos"], podUid = UID): PathFacts => ({
  containerId: ID,
  runtime,
  podUid,
  qos,
});
const pod = (qos: PathFacts["qos"]): PathFacts => ({ ...none, podUid: UID, qos });

const TABLE: readonly (readonly [string, PathFacts])[] = [
  ["/", none],
  ["/system.slice/ssh.service", none],
  ["/user.slice/user-1000.slice/session-3.scope", none],
  // docker
  [`/docker/${ID}`, container("docker")],
  [`/docker/${ID}/init.scope`, container("docker")],
  [`/system.slice/docker-${ID}.scope`, container("docker")],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`, container("docker")],
  // podman
  [`/machine.slice/libpod-${ID}.scope`, container("podman")],
  [`/machine.slice/libpod-${ID}.scope/container`, container("podman")],
  [`/machine.slice/libpod-conmon-${ID}.scope`, none],
  [`/libpod_parent/libpod-${ID}`, container("podman")],
  ["/libpod_parent/conmon", none],
  [`/machine.slice/machine-libpod_pod_${OTHER}.slice/libpod-${ID}.scope`, container("podman")],
  // containerd without Kubernetes
  [`/default/${ID}`, container(undefined)],
  [`/system.slice/nerdctl-${ID}.scope`, container("containerd")],
  // Kubernetes, cgroupfs driver: guaranteed, burstable, best effort
  [`/kubepods/pod${UID}`, pod("guaranteed")],
  [`/kubepods/pod${UID}/${ID}`, inPod(undefined, "guaranteed")],
  [`/kubepods/burstable/pod${UID}/${ID}`, inPod(undefined, "burstable")],
  [`/kubepods/besteffort/pod${UID}/${ID}`, inPod(undefined, "besteffort")],
  [`/kubepods/besteffort/pod${UID}/crio-${ID}`, inPod("cri-o", "besteffort")],
  [`/kubepods/besteffort/pod${UID}/crio-conmon-${ID}`, pod("besteffort")],
  [`/kubepods/burstable/pod${STATIC}/${ID}`, inPod(undefined, "burstable", STATIC)],
  // Kubernetes, systemd driver
  [`/kubepods.slice/kubepods-pod${UNIT}.slice`, pod("guaranteed")],
  [`/kubepods.slice/kubepods-pod${UNIT}.slice/cri-containerd-${ID}.scope`, inPod("containerd", "guaranteed")],
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNIT}.slice/cri-containerd-${ID}.scope`,
    inPod("containerd", "burstable"),
  ],
  [
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UNIT}.slice/docker-${ID}.scope`,
    inPod("docker", "besteffort"),
  ],
  [
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UNIT}.slice/crio-${ID}.scope/container`,
    inPod("cri-o", "besteffort"),
  ],
  [`/kubepods.slice/kubepods-pod${UNIT}.slice/crio-conmon-${ID}.scope`, pod("guaranteed")],
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${STATIC}.slice/crio-${ID}.scope`,
    inPod("cri-o", "burstable", STATIC),
  ],
  [
    `/kubepods.slice/kubepods-pod${UNIT}.slice/cri-containerd-${ID}.scope/system.slice/nginx.service`,
    inPod("containerd", "guaranteed"),
  ],
  // a kubelet with a root of its own; a node that is itself a container
  [
    `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${UNIT}.slice/cri-containerd-${ID}.scope`,
    inPod("containerd", "burstable"),
  ],
  [`/docker/${OTHER}/kubelet/kubepods/burstable/pod${UID}/${ID}`, inPod(undefined, "burstable")],
  [`/docker/${OTHER}/kubelet/kubepods/burstable/pod${UID}`, pod("burstable")],
  // systemd's escapes
  [`/system.slice/system-a\\x2db.slice/docker\\x2d${ID}.scope`, container("docker")],
  // LXC
  ["/lxc/web", container("lxc", "web")],
  ["/lxc.payload.web/system.slice", container("lxc", "web")],
  ["/lxc.monitor.web", none],
  // too short, too long, not hexadecimal
  [`/docker/${ID.slice(1)}`, none],
  [`/docker/${ID}0`, none],
  [`/docker/${ID.replace("a", "g")}`, none],
];
for (const [path, want] of TABLE) {
  test(path, () => assert.deepEqual(readCgroupPath(path), want));
}

test("a group that is waited for is recognised when it is there", () => {
  for (const name of containerGroupNames(ID)) {
    if (name.startsWith("lxc")) continue;
    assert.equal(readCgroupPath(`/any.slice/${name}`).containerId, ID, name);
  }
  for (const name of podGroupNames(UID)) assert.equal(readCgroupPath(`/kubepods/${name}`).podUid, UID, name);
});
