/** What is known of who is behind an event. An agent keeps it; whoever runs without one has none. */
import type { Integer } from "../decode/value.ts";

export interface Identities {
  /** By the id that programs get for the task's cgroup; undefined if no such cgroup was ever seen. */
  cgroup(id: Integer): CgroupIdentity | undefined;
  /** By process id (tgid). */
  process(pid: number): ProcessIdentity | undefined;
  /** Called by whoever is going to ask, so that those are remembered which are gone when it asks. */
  watch(what: "cgroups" | "processes"): void;
  /** Grows whenever something that was said before would now be said differently. */
  readonly epoch: number;
}

export interface CgroupIdentity {
  /** From the hierarchy's root: "/system.slice/ssh.service". */
  readonly path: string;
  /** The container that lives there or above; undefined for what runs on the host itself. */
  readonly container: ContainerIdentity | undefined;
  /** The pod that it belongs to. */
  readonly pod: PodIdentity | undefined;
}

export interface ContainerIdentity {
  readonly id: string;
  /** As its runtime or its pod calls it; its id shortened to twelve digits until that is known. */
  readonly name: string;
  readonly image: string;
  readonly runtime: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface PodIdentity {
  readonly uid: string;
  /** Empty until the runtime, the kubelet or the API server has told it. */
  readonly name: string;
  readonly namespace: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ProcessIdentity {
  readonly comm: string;
  /** Id of its cgroup; undefined if it was never seen. */
  readonly cgroup: Integer | undefined;
}
