/**
 * An object that stays for long: its versions follow each other while events flow, and it is taken up
 * again by the next process where this one ends.
 *
 *     deploy(v1) ─> deploy(v2) ─> settle()      v2 is the one that runs, v1 is let go of
 *                            └──> revert()      v1 goes on, as if v2 had not been
 *
 * What each step leaves in the kernel is whole, so that a process may end between any two of them: maps
 * are pinned before `commit` says that a version is the one to be taken up, and places are handed over after.
 */
import type { MapView, ObjectSpec } from "@sonde/bpf/spec";
import { type Collection, loadCollectionAsync } from "@sonde/kernel/collection";
import { type Hook, type HookPlace, Hooks } from "@sonde/kernel/handover";
import type { BpfMap } from "@sonde/kernel/maps";
import type { Vmlinux } from "@sonde/kernel/programs";
import type { Kernel } from "@sonde/kernel/sys";
import { type LossTotals, NOTHING_LOST, readLosses } from "../session/losses.ts";
import { refuseUnplaced } from "../session/unplaced.ts";
import { type Bases, basesBehind, closeBases, duplicates } from "./bases.ts";
import {
  carriedMaps,
  type KnownTypes,
  type LeftSpec,
  type RunningMaps,
  type StartedAnew,
  sameEvents,
} from "./carry.ts";
import { MapPins } from "./map-pins.ts";
import { copyEntries, hasOwnEntries, lastProgramsDone, type Resized } from "./resize.ts";
import { type Companion, type EventReceiver, eventPump, Version } from "./version.ts";

export interface HostedOptions extends EventReceiver {
  readonly kernel: Kernel;
  readonly vmlinux: Vmlinux;
  /** Of this object alone, on a BPF file system. Without one nothing outlives the process. */
  readonly folder?: string;
}

export interface DeployOptions {
  /** Goes on what a process before this one left; its begin programs have run already. */
  readonly takenUp?: boolean;
  /**
   * Called when everything is loaded and before any event reaches it: to set global variables, and to start what
   * is to run beside this version and be closed with it.
   */
  readonly prepare?: (collection: Collection) => Companion | undefined;
  /**
   * Whether a map's values are read as sums only, so that what it held under another size can be added when it is
   * read; the entries of others are copied. None are if this is not given.
   */
  readonly sums?: (map: string) => boolean;
  /** Told when the version can be taken up and before the first event reaches it. If it throws, nothing has changed. */
  readonly commit?: (version: Version) => void;
}

/** What became of maps and places when a version came. */
export interface Deployment {
  readonly version: number;
  /** Names of the maps whose contents went on. */
  readonly carried: readonly string[];
  /** Names of the maps whose contents went on in others of other sizes. */
  readonly resized: readonly Resized[];
  readonly anew: readonly StartedAnew[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Places where the hand-over may have missed events, and why. */
  readonly inexact: readonly string[];
  /** Places that do not outlive this process though they should. */
  readonly unpinned: readonly string[];
}

/** What a process before this one left, as it wrote down when it was told to commit. */
export interface LeftVersion {
  readonly number: number;
  readonly spec: LeftSpec;
  readonly created: Readonly<Record<string, number>>;
  /** How many places it was attached to. */
  readonly places: number;
  /** How many bases maps have, by their names. */
  readonly bases?: Readonly<Record<string, number>>;
  /** The maps' types, by their names; without, the kernel is asked for them. */
  readonly types?: KnownTypes;
}

/** Maps that go on though no version runs. */
interface Rest extends RunningMaps {
  readonly bases: Bases;
  readonly created: ReadonlyMap<string, number>;
  readonly spec: LeftSpec | undefined;
}

const NOTHING: Rest = { maps: new Map(), types: {}, bases: new Map(), created: new Map(), spec: undefined };

export class HostedObject {
  readonly #options: HostedOptions;
  readonly #pins: MapPins;
  readonly #maker: Hooks;
  readonly #hooks = new Map<string, Hook>();
  #number = 0;
  #current: Version | undefined;
  #previous: Version | undefined;
  #rest: Rest = NOTHING;

  constructor(options: HostedOptions) {
    const { kernel, vmlinux, folder } = options;
    this.#options = options;
    this.#pins = new MapPins(kernel, folder);
    this.#maker = new Hooks(kernel, { vmlinux, ...(folder !== undefined && { folder: `${folder}/hooks` }) });
  }

  /** What runs; undefined while nothing does. */
  get current(): Version | undefined {
    return this.#current;
  }

  get hooks(): Iterable<Hook> {
    return this.#hooks.values();
  }

  /**
   * Opens the maps that a process before this one left, so that the next version goes on with them. Where places
   * were detached meanwhile, events were missed: then only maps that `keep` says go on, as after {@link stop}.
   */
  adopt({ number, spec, created, places, bases = {}, types = {} }: LeftVersion, keep: (map: string) => boolean): void {
    this.#number = number;
    const whole = this.#maker.pinned >= places;
    const names = spec.maps
      .map(({ name }) => name)
      .filter((name) => whole || name === spec.manifest.ring || keep(name));
    const maps = this.#pins.open(number, names);
    this.#rest = {
      maps,
      types,
      bases: this.#pins.openBases(
        number,
        Object.entries(bases).filter(([name]) => maps.has(name)),
      ),
      created: new Map(Object.entries(created)),
      spec,
    };
  }

  /**
   * Loads a version and hands every event to it from now on. The one before stays loaded, for {@link revert},
   * until {@link settle}. Errors: those of loading and attaching; the one before goes on then.
   */
  async deploy(spec: ObjectSpec, { takenUp = false, prepare, sums, commit }: DeployOptions = {}): Promise<Deployment> {
    await this.settle();
    refuseUnplaced(spec);
    const { kernel, vmlinux } = this.#options;
    const before = this.#running();
    const { maps: carried, resized, anew } = carriedMaps(kernel, spec, before);
    const ring = spec.manifest.ring;
    const ringMap = ring === undefined ? undefined : before.maps.get(ring);
    const keepsRing =
      ring !== undefined && ringMap !== undefined && before.spec !== undefined && sameEvents(before.spec, spec);
    const reused = new Map(keepsRing ? [...carried, [ring, ringMap]] : carried);
    const maps = Object.fromEntries(
      Array.from(reused, ([name, { fd }]) => [name, { fd, ...(before.types[name] && { types: before.types[name] }) }]),
    );
    const collection = await loadCollectionAsync(kernel, spec, { vmlinux, maps });
    const ways = new Map(resized.map((name) => [name, sums?.(name) === true ? "based" : "copied"] as const));
    const goOn = new Set([...reused.keys(), ...resized]);
    const version = new Version(this.#number + 1, spec, collection, createdTimes(spec, goOn, before.created), ways);
    let added: readonly Hook[] = [];
    let moved: readonly Resized[] = [];
    try {
      version.bases = this.#basesOf(version, carried.keys(), before);
      version.companion = prepare?.(collection);
      if (!takenUp) version.begin(reused);
      this.#pins.pin(version.number, collection.maps, version.bases);
      this.#openLeftHooks(version.places);
      added = await this.#maker.attach(version.places.filter(({ key }) => !this.#hooks.has(key)));
      commit?.(version);
      version.pump = eventPump(kernel, collection, this.#options);
      moved = await this.#move(before.maps, version.collection, ways, () => this.#handOver(version));
    } catch (error) {
      await Promise.all(added.map((hook) => hook.detach()));
      version.close();
      this.#pins.keepOnly(this.#kept());
      throw error;
    }
    this.#number = version.number;
    for (const hook of added) this.#hooks.set(hook.key, hook);
    this.#becomeCurrent(version, keepsRing, before);
    return this.#report(version, added, { carried: [...reused.keys()], resized: moved, anew });
  }

  /** Lets go of the version before, and of what only it had. */
  async settle(): Promise<void> {
    const previous = this.#previous;
    const current = this.#current;
    if (current === undefined) return;
    this.#previous = undefined;
    const wanted = new Set(current.places.map(({ key }) => key));
    await this.#drop([...this.#hooks.values()].filter(({ key }) => !wanted.has(key)));
    await finished(previous);
    previous?.close();
    this.#maker.sweep(current.places);
    this.#pins.keepOnly(this.#kept());
  }

  /** Hands every event to the version before again. False if there is none any more. */
  async revert(commit?: (version: Version) => void): Promise<boolean> {
    const previous = this.#previous;
    const failed = this.#current;
    if (previous === undefined || failed === undefined) return false;
    this.#rebase(previous, failed, commit);
    const wanted = new Set(previous.places.map(({ key }) => key));
    // Nobody has written into those of the version before since they were copied.
    for (const [name, way] of failed.resized) if (way === "copied") previous.collection.map(name).clear();
    await this.#move(mapsOf(failed), previous.collection, failed.resized, () => this.#handOver(previous));
    this.#previous = undefined;
    this.#current = previous;
    if (previous.pump === undefined && previous.spec.manifest.ring !== undefined) {
      failed.pump?.stop();
      failed.pump = undefined;
      previous.pump = eventPump(this.#options.kernel, previous.collection, this.#options);
      previous.pump?.start();
    }
    await this.#drop([...this.#hooks.values()].filter(({ key }) => !wanted.has(key)));
    await finished(failed);
    failed.close();
    this.#pins.keepOnly(this.#kept());
    return true;
  }

  /**
   * Ends the version that runs: no event reaches it from now on. Maps that `keep` says stay, for the next
   * version to go on with; all others are gone. What was in its ring is read first.
   */
  async stop(keep: (map: string) => boolean): Promise<void> {
    for (const hook of this.#hooks.values()) hook.silence();
    await this.settle();
    const version = this.#current;
    if (version === undefined) return;
    this.#current = undefined;
    await this.#drop([...this.#hooks.values()]);
    version.end();
    await finished(version);
    this.#rest = this.#keep(version, keep);
    version.close();
  }

  /** Lets go of maps that were kept while nothing ran. */
  forget(): void {
    this.#closeRest();
    if (this.#current === undefined) this.#pins.keepOnly([]);
  }

  /** Lets go of everything in this process. What is pinned goes on without it. */
  close(): void {
    for (const hook of this.#hooks.values()) hook.close();
    this.#hooks.clear();
    this.#previous?.close();
    this.#current?.close();
    this.#previous = this.#current = undefined;
    this.#closeRest();
  }

  #closeRest(): void {
    for (const map of this.#rest.maps.values()) map.close();
    closeBases(this.#rest.bases);
    this.#rest = NOTHING;
  }

  /** What the kernel's side could not record, since the maps began. */
  losses(): LossTotals {
    const current = this.#current;
    if (current === undefined) return NOTHING_LOST;
    return readLosses(current.spec.manifest, (name) => current.collection.map(name));
  }

  #running(): Rest {
    if (this.#current === undefined) return this.#rest;
    const { spec, created, bases, types } = this.#current;
    return { maps: mapsOf(this.#current), types, bases, created, spec };
  }

  /** What was counted before stays countable: the bases of maps that go on, and of those that have another size now. */
  #basesOf(
    { spec, resized }: Pick<Version, "spec" | "resized">,
    carried: Iterable<string>,
    before: Pick<Rest, "maps" | "bases">,
  ): Bases {
    const { kernel } = this.#options;
    const bases = new Map<string, readonly BpfMap[]>();
    try {
      for (const name of carried) if (before.bases.has(name)) bases.set(name, duplicates(before.bases.get(name)));
      for (const [name, way] of resized)
        if (way === "based")
          bases.set(name, basesBehind(kernel, found(before.maps, name), before.bases.get(name), viewOf(spec, name)));
      return bases;
    } catch (error) {
      closeBases(bases);
      throw error;
    }
  }

  /** What the version that is taken back has counted becomes a base of the one before, and that is written down. */
  #rebase(previous: Version, failed: Version, commit: ((version: Version) => void) | undefined): void {
    const own = previous.bases;
    const before = { maps: mapsOf(failed), bases: own };
    const carried = [...own.keys()].filter((name) => failed.resized.get(name) !== "based");
    previous.rebase(this.#basesOf({ spec: previous.spec, resized: failed.resized }, carried, before));
    try {
      this.#pins.rebase(previous.number, previous.bases);
      commit?.(previous);
    } catch (error) {
      closeBases(previous.bases);
      previous.rebase(own);
      throw error;
    }
    closeBases(own);
  }

  /** Hands over, and copies what is state: arrays before, since all their entries are there from the beginning. */
  async #move(
    before: ReadonlyMap<string, BpfMap>,
    after: Collection,
    ways: ReadonlyMap<string, "based" | "copied">,
    handOver: () => void,
  ): Promise<readonly Resized[]> {
    const maps = Array.from(ways, ([name, way]) => ({ from: found(before, name), to: after.map(name), way }));
    const copied = maps.filter(({ way }) => way === "copied");
    const lost = new Map<BpfMap, number>();
    for (const { from, to } of copied) if (!hasOwnEntries(to)) lost.set(to, copyEntries(from, to));
    handOver();
    const late = copied.filter(({ to }) => hasOwnEntries(to));
    if (late.length > 0) await lastProgramsDone();
    for (const { from, to } of late) lost.set(to, copyEntries(from, to));
    return maps.map(({ from, to }) => ({
      map: to.name,
      from: from.maxEntries,
      to: to.maxEntries,
      lost: lost.get(to) ?? 0,
    }));
  }

  #openLeftHooks(places: readonly HookPlace[]): void {
    if (this.#current !== undefined) return;
    for (const place of places) {
      const hook = this.#hooks.has(place.key) ? undefined : this.#maker.open(place);
      if (hook !== undefined) this.#hooks.set(hook.key, hook);
    }
  }

  /** All places, or none: if one refuses, those before it get back what they had. Others' events reach nobody. */
  #handOver(version: Version): void {
    const done: Hook[] = [];
    try {
      for (const { key, subject } of version.places) {
        const hook = this.#hooks.get(key);
        if (hook === undefined) continue;
        hook.set(subject);
        done.push(hook);
      }
    } catch (error) {
      for (const hook of done) {
        const place = this.#current?.places.find(({ key }) => key === hook.key);
        if (place !== undefined) hook.set(place.subject);
      }
      throw error;
    }
    const wanted = new Set(version.places.map(({ key }) => key));
    for (const hook of this.#hooks.values()) if (!wanted.has(hook.key)) hook.silence();
  }

  #becomeCurrent(version: Version, keepsRing: boolean, before: Rest): void {
    this.#previous = this.#current;
    this.#current = version;
    if (keepsRing && this.#previous !== undefined) {
      this.#previous.pump?.stop();
      this.#previous.pump = undefined;
    }
    if (this.#previous === undefined) this.#finishRest(before, keepsRing);
    version.pump?.start();
  }

  /** Reads the ring that a process before this one left, and lets go of maps that nobody went on with. */
  #finishRest({ maps, bases, spec }: Rest, keepsRing: boolean): void {
    this.#rest = NOTHING;
    const { kernel } = this.#options;
    const ring = spec?.manifest.ring;
    const left =
      keepsRing || spec === undefined || ring === undefined || !maps.has(ring)
        ? undefined
        : eventPump(kernel, { name: "left", manifest: spec.manifest, map: (name) => found(maps, name) }, this.#options);
    void (left?.finish() ?? Promise.resolve()).catch(this.#options.fail).finally(() => {
      for (const map of maps.values()) map.close();
      closeBases(bases);
    });
  }

  #keep(version: Version, keep: (map: string) => boolean): Rest {
    const maps = new Map<string, BpfMap>();
    const bases = new Map<string, readonly BpfMap[]>();
    for (const map of version.collection.maps) {
      if (!keep(map.name)) {
        this.#pins.remove(version.number, map.name);
        continue;
      }
      maps.set(map.name, map.duplicate());
      if (version.bases.has(map.name)) bases.set(map.name, duplicates(version.bases.get(map.name)));
    }
    return { maps, types: version.types, bases, created: version.created, spec: undefined };
  }

  async #drop(hooks: readonly Hook[]): Promise<void> {
    for (const hook of hooks) this.#hooks.delete(hook.key);
    await Promise.all(hooks.map((hook) => hook.detach()));
  }

  #kept(): readonly number[] {
    const versions = [this.#current, this.#previous].flatMap((version) => version?.number ?? []);
    return this.#current === undefined ? [...versions, this.#number] : versions;
  }

  #report(
    version: Version,
    added: readonly Hook[],
    maps: Pick<Deployment, "carried" | "resized" | "anew">,
  ): Deployment {
    const wanted = new Set(version.places.map(({ key }) => key));
    const hooks = [...this.#hooks.values()];
    const again = hooks.filter((hook) => hook.way === "again" && wanted.has(hook.key) && !added.includes(hook));
    return {
      version: version.number,
      ...maps,
      added: added.map(({ description }) => description),
      removed: hooks.filter(({ key }) => !wanted.has(key)).map(({ description }) => description),
      inexact: again.map(({ description, reason }) => `${description}: ${reason}`),
      unpinned:
        this.#options.folder === undefined
          ? []
          : hooks.filter(({ pinned }) => !pinned).map(({ description, road }) => `${description} (${road})`),
    };
  }
}

function createdTimes(
  { maps }: ObjectSpec,
  carried: ReadonlySet<string>,
  before: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const now = Date.now();
  return new Map(maps.map(({ name }) => [name, carried.has(name) ? (before.get(name) ?? now) : now]));
}

/**
 * Programs that were running when their places were handed over are done within microseconds, and what they
 * wrote into the ring is there to be read; a look after a moment finds the last of it.
 */
async function finished(version: Version | undefined): Promise<void> {
  const pump = version?.pump;
  if (version === undefined || pump === undefined) return;
  version.pump = undefined;
  await new Promise((resolve) => setTimeout(resolve, 20));
  await pump.finish();
}

function mapsOf({ collection }: Version): ReadonlyMap<string, BpfMap> {
  return new Map(Array.from(collection.maps, (map) => [map.name, map]));
}

function viewOf({ manifest }: ObjectSpec, map: string): MapView | undefined {
  return manifest.maps.find((view) => view.map === map);
}

function found(maps: ReadonlyMap<string, BpfMap>, name: string): BpfMap {
  const map = maps.get(name);
  if (map === undefined) throw new Error(`there is no map '${name}' any more`);
  return map;
}
