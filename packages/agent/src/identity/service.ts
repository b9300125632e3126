/** What the agent does about identity: one index for all monitors, and what runs beside those that ask for more. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import type { FilterView, MonitorView, ObjectSpec, Target } from "@sonde/bpf/spec";
import { removePinTree } from "@sonde/kernel/handover";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Kernel } from "@sonde/kernel/sys";
import { findHierarchy, withCgroupIds } from "@sonde/runtime/cgroups";
import type { CgroupIdentity, DecoderContext, Identities, ProcessIdentity } from "@sonde/runtime/decoders";
import { withTaskFilter } from "@sonde/runtime/filter";
import { type Family, scalarFamily } from "../exposition/family.ts";
import { CgroupMap } from "./cgroup-map.ts";
import { asksForCgroups, taskFilterOf } from "./filter.ts";
import { Gate } from "./gate.ts";
import { Identity } from "./identity.ts";
import { followPods, type KubernetesOptions } from "./kubernetes/follow.ts";
import { PodStore } from "./kubernetes/pod-store.ts";

export interface IdentityServiceOptions {
  readonly kernel: Kernel;
  readonly target: Target;
  readonly kubernetes: KubernetesOptions;
  /** See IdentityOptions. */
  readonly root: string;
  readonly log: (level: "info" | "warn", message: string) => void;
}

/** Runs beside a loaded object; to be closed with it. */
export interface Attendant {
  close(): void;
}

export class IdentityService {
  readonly #options: IdentityServiceOptions;
  readonly #pods: PodStore = new PodStore();
  readonly #abort = new AbortController();
  readonly #lazy: LazyIdentities = new LazyIdentities(() => this.#start());
  #failures = 0;

  constructor(options: IdentityServiceOptions) {
    this.#options = options;
  }

  /** Cgroups are followed from when the first decoder asks for them. Where that cannot be, such labels are empty, and the log says why. */
  get decoders(): DecoderContext {
    return { identities: this.#lazy, vmlinux: () => this.#options.target.btf };
  }

  /** The object as it is to be loaded: for the tasks that the filter means, with ids of the right cgroups. Errors: FilterError. */
  prepare(spec: ObjectSpec, filter: FilterView | undefined): ObjectSpec {
    const filtered = filter === undefined ? spec : withTaskFilter(spec, taskFilterOf(filter), admittedBy(filter));
    return withCgroupIds(filtered, () => this.#options.target.btf);
  }

  /**
   * Admits the cgroups that a filter means to an object that is loaded later, with the gate's maps. Undefined for
   * filters that are about processes and names alone. Errors: as of {@link attend}.
   */
  gate(filter: FilterView | undefined, map?: BpfMap): Gate | undefined {
    if (filter === undefined || !asksForCgroups(filter)) return undefined;
    const { kernel, target } = this.#options;
    return new Gate(kernel, target.btf!, this.#required("the filter"), filter, admittedBy(filter), map);
  }

  /**
   * What the object needs beside it once it is loaded, best before it is attached.
   * @param map by its name in the object
   * @param pins a folder on a BPF file system for what is to go on without this process
   * Errors: KernelError; Error where a filter needs cgroups and they cannot be followed.
   */
  attend({ filter, cgroupMap }: MonitorView, map: (name: string) => BpfMap, pins?: string): Attendant {
    const attendants: Attendant[] = [];
    const close = (): void => {
      for (const each of attendants) each.close();
    };
    try {
      if (filter !== undefined && asksForCgroups(filter)) {
        const gate = this.gate(filter, map(admittedBy(filter)));
        if (gate !== undefined) {
          attendants.push(gate);
          if (pins !== undefined) gate.pin(`${pins}/${admittedBy(filter)}`);
        }
      }
      if (cgroupMap !== undefined)
        attendants.push(new CgroupMap(this.#required("its map of cgroups"), map(cgroupMap.map), cgroupMap));
    } catch (error) {
      close();
      throw error;
    }
    return { close };
  }

  /** Ends what {@link attend} left in a folder for filters other than this one. */
  sweep(pins: string, filter: FilterView | undefined): void {
    const kept = filter !== undefined && asksForCgroups(filter) ? admittedBy(filter) : undefined;
    for (const name of foldersIn(pins)) if (name !== kept) removePinTree(`${pins}/${name}`);
  }

  *families(): Generator<Family> {
    const identity = this.#lazy.started;
    if (identity === undefined) return;
    const { cgroups, tombstones, containers, lost } = identity.statistics;
    const gauge = (name: string, help: string, value: number): Family =>
      scalarFamily("gauge", { name: `sonde_identity_${name}`, help }, [["", value]]);
    yield gauge("cgroups", "Cgroups that exist", cgroups);
    yield gauge("cgroups_removed", "Cgroups that are gone and still remembered", tombstones);
    yield gauge("containers", "Cgroups that are a container's", containers);
    yield gauge("pods", "Pods that the kubelet or the API server has told of", this.#pods.size);
    const lostAbout = {
      name: "sonde_identity_lost",
      help: "Cgroups that came or went while the ring was full; the tree was walked again then",
    };
    yield scalarFamily("counter", lostAbout, [["", lost]]);
    const failedAbout = { name: "sonde_identity_kubernetes_failures", help: "Questions for pods that failed" };
    yield scalarFamily("counter", failedAbout, [["", this.#failures]]);
  }

  stop(): void {
    this.#abort.abort();
    this.#lazy.started?.close();
  }

  #start(): Identity | undefined {
    const { kernel, target, root, log } = this.#options;
    const hierarchy = findHierarchy();
    const vmlinux = target.btf;
    if (hierarchy === undefined || vmlinux === undefined) {
      const reason =
        hierarchy === undefined ? "no cgroup file system is mounted" : "the kernel does not tell its types";
      log("warn", `containers and pods have no names: ${reason}`);
      return undefined;
    }
    try {
      const identity = new Identity({
        kernel,
        vmlinux,
        hierarchy,
        pods: this.#pods,
        root,
      });
      const { kubernetes } = this.#options;
      const asked = followPods(kubernetes, this.#pods, (error) => this.#failed(error), this.#abort.signal);
      if (asked !== undefined) log("info", `pods are asked for at ${asked}`);
      return identity;
    } catch (error) {
      log("warn", `containers and pods have no names: ${(error as Error).message}`);
      return undefined;
    }
  }

  #required(what: string): Identity {
    const identity = this.#lazy.start();
    if (identity === undefined)
      throw new Error(`${what} needs cgroups, and they cannot be followed here: the agent's log says why`);
    return identity;
  }

  /** The first of several failures in a row is told. */
  #failed(error: Error): void {
    if (this.#failures++ === 0 || this.#failures % 100 === 0)
      this.#options.log("warn", `pods cannot be asked for: ${error.message}`);
  }
}

function foldersIn(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

/** The map's name: a version with another filter must not go on with the cgroups of the one before. */
function admittedBy(filter: FilterView): string {
  return `sonde_admitted_${createHash("sha256").update(JSON.stringify(filter)).digest("hex").slice(0, 16)}`;
}

/** Starts with the first who asks, and only once. */
class LazyIdentities implements Identities {
  readonly #make: () => Identity | undefined;
  #tried: boolean = false;
  started: Identity | undefined;

  constructor(make: () => Identity | undefined) {
    this.#make = make;
  }

  start(): Identity | undefined {
    if (!this.#tried) {
      this.#tried = true;
      this.started = this.#make();
    }
    return this.started;
  }

  get epoch(): number {
    return this.started?.epoch ?? 0;
  }

  watch(what: "cgroups" | "processes"): void {
    this.start()?.watch(what);
  }

  cgroup(id: bigint | number): CgroupIdentity | undefined {
    return this.started?.cgroup(id);
  }

  process(pid: number): ProcessIdentity | undefined {
    return this.started?.process(pid);
  }
}
