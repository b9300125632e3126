/** Whom a filter means: told of each cgroup, and of the names that cgroups will have which are not made yet. */
import type { FilterView } from "@sonde/bpf/spec";
import type { CgroupIdentity, ContainerIdentity, PodIdentity } from "@sonde/runtime/decoders";
import type { TaskFilter } from "@sonde/runtime/filter";
import { containerGroupNames, podGroupNames } from "./cgroup-path.ts";

/** Whether it asks for more than processes and names of threads. */
export function asksForCgroups({ cgroups, containers, pods, namespaces, labels }: FilterView): boolean {
  return [cgroups, containers, pods, namespaces].some((values) => values !== undefined) || labels !== undefined;
}

/** What the programs themselves ask of each task. */
export function taskFilterOf(filter: FilterView): TaskFilter {
  const { pids, comms } = filter;
  return { ...(pids && { pids }), ...(comms && { comms }), cgroups: asksForCgroups(filter) };
}

export function admits(filter: FilterView, { path, container, pod }: CgroupIdentity): boolean {
  const { cgroups, containers, pods, namespaces, labels } = filter;
  return (
    anyOf(cgroups, (wanted) => isBelow(path, wanted)) &&
    anyOf(containers, (wanted) => container !== undefined && isContainer(container, wanted)) &&
    anyOf(pods, (wanted) => pod !== undefined && isPod(pod, wanted)) &&
    anyOf(namespaces, (wanted) => pod?.namespace === wanted) &&
    hasLabels({ ...container?.labels, ...pod?.labels }, labels)
  );
}

/**
 * How the last part of a cgroup's path may be called by which the group is known to be meant before anything
 * else is known of it. @param known the pods of this node
 */
export function awaitedNames(filter: FilterView, known: Iterable<PodIdentity>): readonly string[] {
  const { cgroups, containers, pods, namespaces, labels } = filter;
  const aboutPods = pods !== undefined || namespaces !== undefined || labels !== undefined;
  // A name alone does not say where the group is.
  if (cgroups !== undefined || (containers !== undefined && aboutPods)) return [];
  if (containers !== undefined) return containers.flatMap(containerGroupNames);
  const meant = [...known].filter((pod) => admits(filter, { path: "", container: undefined, pod }));
  return meant.flatMap(({ uid }) => podGroupNames(uid));
}

function anyOf(values: readonly string[] | undefined, holds: (value: string) => boolean): boolean {
  return values === undefined || values.some(holds);
}

function isBelow(path: string, wanted: string): boolean {
  const above = wanted.replace(/\/+$/, "");
  return path === above || path.startsWith(`${above}/`);
}

function isContainer({ id, name }: ContainerIdentity, wanted: string): boolean {
  return name === wanted || id === wanted || (/^[0-9a-f]{12,}$/.test(wanted) && id.startsWith(wanted));
}

function isPod({ uid, name, namespace }: PodIdentity, wanted: string): boolean {
  return wanted === name || wanted === `${namespace}/${name}` || wanted === uid;
}

function hasLabels(labels: Readonly<Record<string, string>>, wanted: FilterView["labels"] = {}): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
