/**
 * runc itself, below whichever runtime: ROOT/ID/state.json, {"id", "config": {"labels": ["bundle=/path", ...]},
 * "cgroup_paths": {"memory": "/sys/fs/cgroup/memory/..."}}; with cgroup v2 the one path is under "".
 */
import { factsOfAnnotations } from "./annotations.ts";
import type { ContainerFacts } from "./facts.ts";
import { listFolder, objectAt, readJson, textAt } from "./files.ts";

/** Where runc is told to keep its state: by hand, by containerd and docker for each of their namespaces. */
const ROOTS = ["/run/runc", "/run/docker/runtime-runc/moby"];
const ROOTS_BY_NAMESPACE = ["/run/containerd/runc"];

export function runc(id: string, root: string): ContainerFacts | undefined {
  for (const folder of stateFolders(root)) {
    const state = readJson(`${folder}/${id}/state.json`);
    if (state === undefined) continue;
    const labels = labelsOf(state);
    return { name: id, runtime: "runc", labels, ...factsOfAnnotations(labels) };
  }
  return undefined;
}

/** Every container that runc keeps, with the path of its group from the root of a hierarchy: for those whose path does not tell. */
export function* runcContainers(
  root: string,
  hierarchy: { readonly controller?: string; readonly mount: string },
): Generator<{ readonly id: string; readonly path: string }> {
  for (const folder of stateFolders(root)) {
    for (const id of listFolder(folder)) {
      const state = readJson(`${folder}/${id}/state.json`);
      const path = textAt(state, "cgroup_paths", hierarchy.controller ?? "") ?? "";
      // runc writes the path as it saw it; where the tree is mounted may be elsewhere here.
      const at = path.startsWith(`${hierarchy.mount}/`) ? hierarchy.mount.length : -1;
      if (at > 0) yield { id, path: path.slice(at) };
    }
  }
}

function stateFolders(root: string): readonly string[] {
  const named = ROOTS_BY_NAMESPACE.flatMap((folder) => listFolder(root + folder).map((name) => `${folder}/${name}`));
  return [...ROOTS, ...named].map((folder) => root + folder);
}

/** Labels are "key=value"; annotations of the specification are among them. */
function labelsOf(state: unknown): Readonly<Record<string, string>> {
  const list: unknown = objectAt(state, "config")["labels"];
  const texts = Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
  return Object.fromEntries(
    texts.map((each) => {
      const at = each.indexOf("=");
      return [each.slice(0, at), each.slice(at + 1)];
    }),
  );
}
