/**
 * Who is behind cgroups and processes, while they live and for a while after. Cgroups are indexed the moment
 * they are made; names come from the runtime's files at once or when they are there, and of pods from
 * Kubernetes.
 */
import type { Btf } from "@sonde/bpf/btf";
import type { Kernel } from "@sonde/kernel/sys";
import { CgroupWatch, walkCgroups, type CgroupEvent, type Hierarchy } from "@sonde/runtime/cgroups";
import type {
  CgroupIdentity,
  ContainerIdentity,
  Identities,
  PodIdentity,
  ProcessIdentity,
} from "@sonde/runtime/decoders";
import { CgroupIndex, DEFAULT_LIMITS, type CgroupRecord, type TombstoneLimits } from "./cgroup-index.ts";
import { readCgroupPath } from "./cgroup-path.ts";
import type { PodStore } from "./kubernetes/pod-store.ts";
import { Processes } from "./processes.ts";
import { readContainerFacts, runcContainers, type ContainerFacts } from "./runtimes/index.ts";

export interface IdentityOptions {
  readonly kernel: Kernel;
  readonly vmlinux: Btf;
  readonly hierarchy: Hierarchy;
  /** Before "/run" and "/var/lib" of the machine; "" unless it is mounted elsewhere. */
  readonly root?: string;
  readonly pods?: PodStore;
  readonly limits?: TombstoneLimits;
}

/** What the agent says of this part of itself. */
export interface IdentityStatistics {
  readonly cgroups: number;
  readonly tombstones: number;
  readonly containers: number;
  /** Cgroups that came or went while the ring was full. */
  readonly lost: number;
}

interface Container {
  id: string;
  readonly runtime: string | undefined;
  facts: ContainerFacts | undefined;
  /** Somebody has been told of it: what changes now changes what was said. */
  told: boolean;
}

/** `removed`: it is gone, though still remembered. */
export type CgroupListener = (id: bigint, removed: boolean) => void;

/** The group itself may hold a container; those below are in it. */
interface Entry {
  readonly record: CgroupRecord;
  readonly podUid: string | undefined;
  container: Container | undefined;
}

/** What is remembered to have been said; beyond it everything is taken to have been. */
const MOST_TOLD = 10_000;
/** Threads of these names make a cgroup for a container and for nothing else. */
const RUNTIMES: ReadonlySet<string> = new Set(["runc", "crun", "youki", "runsc"]);
/**
 * Milliseconds until the runtime's files are looked for again: they may be written after the cgroup is made.
 * At first as often as a container that lives for 50 ms needs it.
 */
const RETRIES = [3, 7, 15, 15, 15, 15, 30, 30, 60, 60, 120, 300, 1000, 5000];

export class Identity implements Identities {
  readonly hierarchy: Hierarchy;
  readonly #options: IdentityOptions;
  readonly #index: CgroupIndex;
  readonly #entries = new WeakMap<CgroupRecord, Entry>();
  readonly #watch: CgroupWatch;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #listeners = new Set<CgroupListener>();
  /** Uids of pods, and ids of cgroups that were not known, of which somebody has been told. */
  readonly #toldPods = new Set<string>();
  readonly #toldUnknown = new Set<bigint>();
  #processes: Processes | undefined;
  #epoch: number = 0;

  /** Errors: those of {@link CgroupWatch}. */
  constructor(options: IdentityOptions) {
    this.#options = options;
    this.hierarchy = options.hierarchy;
    this.#index = new CgroupIndex(options.limits ?? DEFAULT_LIMITS);
    // First the events, then the walk: what is made meanwhile is told of twice, and nothing is missed.
    this.#watch = new CgroupWatch(
      options.kernel,
      options.vmlinux,
      options.hierarchy,
      (event) => this.#happened(event),
      () => this.#walkAgain(),
    );
    for (const { id, path, parent } of walkCgroups(options.hierarchy)) this.#add(id, path, parent, undefined);
    for (const { id, path } of runcContainers(options.root ?? "", options.hierarchy)) this.#claim(path, id);
    options.pods?.onChange((uid) => this.#podChanged(uid));
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The pods of this node, as far as anybody tells of them. */
  get pods(): PodStore | undefined {
    return this.#options.pods;
  }

  get statistics(): IdentityStatistics {
    let containers = 0;
    for (const record of this.#index.present()) if (this.#entries.get(record)?.container !== undefined) containers++;
    const { size, tombstones } = this.#index;
    return { cgroups: size - tombstones, tombstones, containers, lost: this.#watch.lost };
  }

  cgroup(id: bigint | number): CgroupIdentity | undefined {
    const record = this.#record(BigInt(id));
    if (record !== undefined) return this.#describe(record);
    if (this.#toldUnknown.size < MOST_TOLD) this.#toldUnknown.add(BigInt(id));
    return undefined;
  }

  process(pid: number): ProcessIdentity | undefined {
    return this.#watchedProcesses().get(pid);
  }

  watch(what: "cgroups" | "processes"): void {
    if (what === "processes") this.#watchedProcesses();
  }

  /** Everything that exists now. */
  *all(): Generator<{ readonly id: bigint; readonly identity: CgroupIdentity }> {
    this.#watch.drain();
    for (const record of this.#index.present()) yield { id: record.id, identity: this.#describe(record) };
  }

  /** Told of every cgroup that is made, again when more is known of who lives there, and when it is gone. */
  onChange(listener: CgroupListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#listeners.clear();
    this.#watch.close();
    this.#processes?.close();
  }

  #watchedProcesses(): Processes {
    const { kernel, vmlinux, hierarchy } = this.#options;
    return (this.#processes ??= new Processes(kernel, vmlinux, hierarchy, (path) => this.#index.at(path)?.id));
  }

  /** One that is not known may still be in the ring. */
  #record(id: bigint): CgroupRecord | undefined {
    const known = this.#index.get(id);
    if (known !== undefined) return known;
    this.#watch.drain();
    return this.#index.get(id);
  }

  #happened({ what, id, parent, path, maker }: CgroupEvent): void {
    if (what === "removed") {
      const gone = this.#index.remove(id);
      if (gone !== undefined) this.#learnAtLast(gone);
      for (const listener of this.#listeners) listener(id, true);
      return;
    }
    const entry = this.#add(id, path, parent, maker);
    // A runtime makes the groups above a container too; the container is the last of them.
    const above = entry.record.parent && this.#entries.get(entry.record.parent);
    if (entry.container !== undefined && above?.container !== undefined && isByMaker(above)) {
      if (above.container.told) this.#epoch++;
      above.container = undefined;
      this.#changed(above.record.id);
    }
    if (this.#toldUnknown.delete(id) || this.#toldUnknown.size === MOST_TOLD) this.#epoch++;
    this.#changed(id);
  }

  /** The ring was full: what it would have told of is seen in the tree, but for what has come and gone. */
  #walkAgain(): void {
    const there = new Set<bigint>();
    for (const { id, path, parent = 0n } of walkCgroups(this.hierarchy)) {
      there.add(id);
      if (this.#index.get(id) === undefined) this.#happened({ what: "made", id, parent, path, maker: "" });
    }
    for (const { id, path } of [...this.#index.present()])
      if (!there.has(id)) this.#happened({ what: "removed", id, parent: 0n, path, maker: "" });
  }

  #add(id: bigint, path: string, parent: bigint | undefined, maker: string | undefined): Entry {
    const record = this.#index.add(id, path, parent, maker);
    const known = this.#entries.get(record);
    if (known !== undefined) return known;
    const { containerId, runtime, podUid } = readCgroupPath(path);
    const own = record.path.split("/").at(-1) ?? "";
    let container: Container | undefined;
    if (containerId !== undefined) {
      const above = record.parent && this.#entries.get(record.parent)?.container;
      // What is below a container's group repeats its path.
      container = above?.id === containerId ? above : { id: containerId, runtime, facts: undefined, told: false };
    } else if (maker !== undefined && RUNTIMES.has(maker))
      container = { id: own, runtime: maker, facts: undefined, told: false };
    const entry: Entry = { record, podUid, container };
    this.#entries.set(record, entry);
    if (container !== undefined && container.facts === undefined) this.#learn(entry, container, 0);
    return entry;
  }

  /** Runtimes remove their files after the cgroup: it may be just in time. */
  #learnAtLast(record: CgroupRecord): void {
    const entry = this.#entries.get(record);
    if (entry?.container !== undefined && entry.container.facts === undefined) this.#learn(entry, entry.container, 0);
  }

  /** A runtime says that its container lives in a group whose path does not tell so. */
  #claim(path: string, id: string): void {
    const record = this.#index.at(path);
    const entry = record && this.#entries.get(record);
    if (entry === undefined || entry.container !== undefined) return;
    entry.container = { id, runtime: undefined, facts: undefined, told: false };
    this.#learn(entry, entry.container, 0);
  }

  /** Looks for what the runtime has written of the container, now and a few times later. */
  #learn(entry: Entry, container: Container, attempt: number): void {
    const root = this.#options.root ?? "";
    const facts = readContainerFacts(container.id, root) ?? this.#factsByPath(entry.record, container, attempt);
    if (facts !== undefined) {
      container.facts = facts;
      if (container.told) this.#epoch++;
      this.#changed(entry.record.id);
      return;
    }
    const delay = RETRIES[attempt];
    if (delay === undefined || entry.record.removed !== undefined) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (entry.container === container) this.#learn(entry, container, attempt + 1);
    }, delay);
    timer.unref();
    this.#timers.add(timer);
  }

  /** A runtime may call a group otherwise than its container: then only the path in its files tells. All are read for that, so seldom. */
  #factsByPath({ path }: CgroupRecord, container: Container, attempt: number): ContainerFacts | undefined {
    if (attempt % 4 !== 3 || !RUNTIMES.has(container.runtime ?? "")) return undefined;
    const root = this.#options.root ?? "";
    for (const known of runcContainers(root, this.hierarchy)) {
      if (known.path !== path) continue;
      container.id = known.id;
      return readContainerFacts(known.id, root);
    }
    return undefined;
  }

  #podChanged(uid: string): void {
    for (const record of this.#index.present())
      if (this.#entries.get(record)?.podUid === uid) for (const listener of this.#listeners) listener(record.id, false);
    if (this.#toldPods.has(uid) || this.#toldPods.size === MOST_TOLD) this.#epoch++;
  }

  #changed(id: bigint): void {
    for (const listener of this.#listeners) listener(id, false);
  }

  #describe(record: CgroupRecord): CgroupIdentity {
    let container: Container | undefined;
    let podUid: string | undefined;
    for (let at: CgroupRecord | undefined = record; at !== undefined; at = at.parent) {
      const entry = this.#entries.get(at);
      container ??= entry?.container;
      podUid ??= entry?.podUid;
    }
    if (container !== undefined) container.told = true;
    if (podUid !== undefined && this.#toldPods.size < MOST_TOLD) this.#toldPods.add(podUid);
    return {
      path: record.path,
      container: container && describeContainer(container),
      pod: this.#describePod(podUid, container?.facts?.pod),
    };
  }

  #describePod(uid: string | undefined, told: ContainerFacts["pod"]): PodIdentity | undefined {
    const known = uid ?? told?.uid;
    if (known === undefined) return undefined;
    const pod = this.#options.pods?.get(known);
    if (pod !== undefined) return pod;
    return { uid: known, name: told?.name ?? "", namespace: told?.namespace ?? "", node: "", labels: {} };
  }
}

function isByMaker({ record, container }: Entry): boolean {
  return (
    record.maker !== undefined &&
    RUNTIMES.has(record.maker) &&
    container?.id === record.path.split("/").at(-1) &&
    readCgroupPath(record.path).containerId === undefined
  );
}

function describeContainer({ id, runtime, facts }: Container): ContainerIdentity {
  return {
    id,
    name: facts?.name ?? (id.length === 64 ? id.slice(0, 12) : id),
    image: facts?.image ?? "",
    runtime: facts?.runtime ?? runtime ?? "",
    labels: facts?.labels ?? {},
  };
}
