/** containerd (1.4 and later): the bundle of each task, by containerd's namespace: "k8s.io", "moby", "default". */
import { factsOfAnnotations } from "./annotations.ts";
import type { ContainerFacts } from "./facts.ts";
import { listFolder, readJson, textsAt } from "./files.ts";

const TASKS = ["/run/containerd/io.containerd.runtime.v2.task", "/run/k3s/containerd/io.containerd.runtime.v2.task"];

export function containerd(id: string, root: string): ContainerFacts | undefined {
  for (const folder of TASKS) {
    for (const namespace of listFolder(root + folder)) {
      const config = readJson(`${root}${folder}/${namespace}/${id}/config.json`);
      if (config === undefined) continue;
      const annotations = textsAt(config, "annotations");
      // Those that are nobody's but containerd's are called by their ids.
      return { runtime: "containerd", name: annotations["nerdctl/name"] ?? id, ...factsOfAnnotations(annotations) };
    }
  }
  return undefined;
}
