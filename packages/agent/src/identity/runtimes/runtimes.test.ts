import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { readContainerFacts, runcContainers, type ContainerFacts } from "./index.ts";

const root = mkdtempSync(path.join(tmpdir(), "sonde-runtimes-"));
after(() => rmSync(root, { recursive: true }));

function write(file: string, content: unknown): void {
  mkdirSync(path.dirname(root + file), { recursive: true });
  writeFileSync(root + file, typeof content === "string" ? content : JSON.stringify(content));
}

const TASKS = "/run/containerd/io.containerd.runtime.v2.task";
const POD = { uid: "u-1", name: "web-0", namespace: "shop" };
const STORE = "/var/lib/containers/storage/overlay-containers";

const TABLE: readonly {
  name: string;
  id: string;
  files: Readonly<Record<string, unknown>>;
  want: ContainerFacts | undefined;
}[] = [
  {
    name: "a container of containerd's CRI",
    id: "c1",
    files: {
      [`${TASKS}/k8s.io/c1/config.json`]: {
        annotations: {
          "io.kubernetes.cri.container-type": "container",
          "io.kubernetes.cri.container-name": "nginx",
          "io.kubernetes.cri.image-name": "registry/nginx:1",
          "io.kubernetes.cri.sandbox-name": "web-0",
          "io.kubernetes.cri.sandbox-namespace": "shop",
          "io.kubernetes.cri.sandbox-uid": "u-1",
        },
      },
    },
    want: { runtime: "containerd", name: "nginx", image: "registry/nginx:1", pod: POD },
  },
  {
    name: "its sandbox",
    id: "c2",
    files: {
      [`${TASKS}/k8s.io/c2/config.json`]: {
        annotations: {
          "io.kubernetes.cri.container-type": "sandbox",
          "io.kubernetes.cri.sandbox-name": "web-0",
          "io.kubernetes.cri.sandbox-namespace": "shop",
          "io.kubernetes.cri.sandbox-uid": "u-1",
        },
      },
    },
    want: { runtime: "containerd", name: "POD", pod: POD },
  },
  {
    name: "a container of ctr",
    id: "by-hand",
    files: { [`${TASKS}/default/by-hand/config.json`]: { ociVersion: "1.0.2" } },
    want: { runtime: "containerd", name: "by-hand" },
  },
  {
    name: "docker, before containerd that runs it",
    id: "d1",
    files: {
      [`${TASKS}/moby/d1/config.json`]: {},
      "/var/lib/docker/containers/d1/config.v2.json": {
        Name: "/db",
        Config: { Image: "pg:15", Labels: { tier: "back" } },
      },
    },
    want: { runtime: "docker", name: "db", image: "pg:15", labels: { tier: "back" } },
  },
  {
    name: "a pod's container in docker",
    id: "d2",
    files: {
      "/var/lib/docker/containers/d2/config.v2.json": {
        Name: "/k8s_nginx_web-0_shop_u-1_0",
        Config: {
          Image: "sha256:1",
          Labels: {
            "io.kubernetes.container.name": "nginx",
            "io.kubernetes.pod.name": "web-0",
            "io.kubernetes.pod.namespace": "shop",
            "io.kubernetes.pod.uid": "u-1",
          },
        },
      },
    },
    want: {
      runtime: "docker",
      name: "nginx",
      image: "sha256:1",
      pod: POD,
      labels: {
        "io.kubernetes.container.name": "nginx",
        "io.kubernetes.pod.name": "web-0",
        "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.pod.uid": "u-1",
      },
    },
  },
  {
    name: "podman",
    id: "p1",
    files: {
      [`${STORE}/containers.json`]: [
        { id: "p0", names: ["other"] },
        { id: "p1", names: ["cache"], metadata: JSON.stringify({ "image-name": "localhost/redis", name: "cache" }) },
      ],
      [`${STORE}/p1/userdata/config.json`]: { annotations: { a: "b" } },
    },
    want: { runtime: "podman", name: "cache", image: "localhost/redis", labels: { a: "b" } },
  },
  {
    name: "CRI-O",
    id: "o1",
    files: {
      [`${STORE}/o1/userdata/config.json`]: {
        annotations: {
          "io.kubernetes.cri-o.ContainerType": "container",
          "io.kubernetes.cri-o.ImageName": "quay/nginx",
          "io.kubernetes.container.name": "nginx",
          "io.kubernetes.pod.name": "web-0",
          "io.kubernetes.pod.namespace": "shop",
          "io.kubernetes.pod.uid": "u-1",
        },
      },
    },
    want: { runtime: "cri-o", name: "nginx", image: "quay/nginx", pod: POD },
  },
  {
    name: "runc by hand",
    id: "mine",
    files: { "/run/runc/mine/state.json": { id: "mine", config: { labels: ["bundle=/b", "team=a=b"] } } },
    want: { runtime: "runc", name: "mine", labels: { bundle: "/b", team: "a=b" } },
  },
  { name: "nobody's", id: "unknown", files: {}, want: undefined },
  { name: "half written", id: "half", files: { "/run/runc/half/state.json": '{"id": "ha' }, want: undefined },
  { name: "of another shape", id: "odd", files: { "/run/runc/odd/state.json": [1] }, want: undefined },
  { name: "leading elsewhere", id: "../runc/mine", files: {}, want: undefined },
];
for (const { name, id, files, want } of TABLE) {
  test(name, () => {
    for (const [file, content] of Object.entries(files)) write(file, content);
    const facts = readContainerFacts(id, root);
    // Labels of CRI-O's and podman's containers are their annotations: told apart only where the table says so.
    const shown = facts !== undefined && want?.labels === undefined ? { ...facts, labels: undefined } : facts;
    assert.deepEqual(
      shown === undefined ? undefined : { ...shown },
      want?.labels === undefined && want ? { ...want, labels: undefined } : want,
    );
  });
}

test("runc's containers with their groups' paths", () => {
  const paths = { memory: "/sys/fs/cgroup/memory/a/mine", pids: "/sys/fs/cgroup/pids/a/mine" };
  write("/run/containerd/runc/k8s.io/c9/state.json", { id: "c9", cgroup_paths: paths });
  const found = [...runcContainers(root, { controller: "memory", mount: "/sys/fs/cgroup/memory" })];
  assert.deepEqual(found, [{ id: "c9", path: "/a/mine" }]);
});
