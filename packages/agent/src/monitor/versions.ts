/**
 * The versions of one monitor: what runs, what is kept of it, and how one follows another.
 *
 * The record in the store says what is to be taken up if this process ends at any moment: it is written
 * after what it names is pinned and before events reach it.
 */
import type { MetricView, MonitorView, NetworkTarget, ObjectSpec } from "@sonde/bpf/spec";
import type { Collection } from "@sonde/kernel/collection";
import { type HookPresence, removePinTree } from "@sonde/kernel/handover";
import { describeTarget, isNetworkTarget } from "@sonde/kernel/links";
import { isThere } from "@sonde/kernel/links/net";
import type { Program } from "@sonde/kernel/programs";
import { type LossTotals, NOTHING_LOST } from "@sonde/runtime";
import { checkParam, ParamError, type ParamValue, withPlaces } from "@sonde/runtime/params";
import {
  type Deployment,
  type EventReceiver,
  HostedObject,
  type ReadableMap,
  type Version,
} from "@sonde/runtime/hosted";
import type { Family } from "../exposition/family.ts";
import { MonitorMetrics } from "../metrics/monitor-metrics.ts";
import { type MonitorRecord, NEW_RECORD, type VersionRecord } from "../state/record.ts";
import type { NeededCapability } from "../security/capabilities.ts";
import { neededBy, withLacking } from "../security/needs.ts";
import type { EventObserver } from "../streams/hub.ts";
import type { Steps } from "../turns.ts";
import type { MonitorContext } from "./context.ts";
import { type MonitorFiles, sourceFile } from "./files.ts";
import { keptWhileOff } from "./kept.ts";
import { writeParam } from "./params.ts";
import type { CompiledMonitor } from "./source.ts";
import { sourceOfFile } from "./sources/index.ts";
import type { ParamStatus, RunningVersion } from "./status.ts";

export class Versions {
  readonly #name: string;
  readonly #context: MonitorContext;
  readonly #hosted: HostedObject;
  #record: MonitorRecord;
  #needs: { readonly spec: ObjectSpec; readonly capabilities: readonly NeededCapability[] } | undefined;
  #view: MonitorView | undefined;
  #metrics: MonitorMetrics | undefined;
  #missing: readonly NetworkTarget[] = [];
  /** Whether what an agent before this one left has been looked for. */
  #adopted: boolean = false;
  /** The main file of the version that runs. */
  #file: { readonly digest: string; readonly name: string } | undefined;

  constructor(name: string, context: MonitorContext, receiver: EventReceiver) {
    this.#name = name;
    this.#context = context;
    this.#record = context.store.read(name) ?? NEW_RECORD;
    this.#hosted = new HostedObject({
      ...receiver,
      kernel: context.kernel,
      vmlinux: () => context.target.btf,
      ...(context.pins !== undefined && { folder: this.#folder }),
    });
  }

  get record(): MonitorRecord {
    return this.#record;
  }

  write(change: { readonly [Key in keyof MonitorRecord]?: MonitorRecord[Key] | undefined }): void {
    this.#record = { ...this.#record, ...change } as MonitorRecord;
    this.#context.store.write(this.#name, this.#record);
  }

  get running(): boolean {
    return this.#hosted.current !== undefined;
  }

  /** What is loaded of it; empty while nothing runs. */
  get programs(): readonly Program[] {
    return this.#hosted.current?.collection.programs ?? [];
  }

  /** What the version that runs, or the last one that did, says of itself. */
  get view(): MonitorView | undefined {
    return this.#view;
  }

  /** Whether the files of this digest run. */
  runs(digest: string): boolean {
    return this.running && this.#record.current?.digest === digest;
  }

  /** Digests of the files that it may still need. */
  get digests(): readonly string[] {
    const { current, previous } = this.#record;
    return [current, previous].flatMap((version) => version?.digest ?? []);
  }

  /** The files of the version that runs or ran last; undefined if there is none. */
  currentFiles(): MonitorFiles | undefined {
    const digest = this.#record.current?.digest;
    try {
      return digest === undefined ? undefined : this.#context.store.files(digest);
    } catch {
      return undefined;
    }
  }

  /**
   * Hands every event to a version made from these files. If that cannot be, the one that runs goes on and the
   * record is as it was. Errors: those of compiling, loading and attaching.
   * @param takenUp it goes on where an agent before this one ended
   */
  async load(files: MonitorFiles, takenUp: boolean = false): Promise<Deployment> {
    const before = this.#record;
    this.#adopt();
    this.#missing = [];
    let targets: readonly NetworkTarget[] = [];
    let needs: readonly NeededCapability[] = [];
    try {
      const compiled = this.#compile(files);
      needs = neededBy(compiled.spec);
      targets = compiled.spec.programs.flatMap(({ attach }) => attach.filter(isNetworkTarget));
      const metrics = this.#metricsOf(compiled);
      const digest = this.#context.store.keepFiles(files);
      const deployment = await this.#hosted.deploy(compiled.spec, {
        takenUp,
        prepare: (collection) => {
          this.#setParams(compiled.view, collection);
          return this.#context.identity.attend(compiled.view, (map) => collection.map(map), this.#gates);
        },
        sums: (map) => keptWhileOff(compiled.spec.manifest, compiled.view.metrics).has(map),
        commit: (version) => this.#commit(version, digest, takenUp),
      });
      this.#adopted = true;
      this.#view = compiled.view;
      this.#metrics = metrics;
      return deployment;
    } catch (error) {
      this.#record = before;
      this.#context.store.write(this.#name, before);
      if (takenUp) this.removePins();
      this.#sweepGates(this.running ? this.#view : undefined);
      this.#missing = targets.filter((target) => !isThere(this.#context.kernel, target));
      throw withLacking(error, needs);
    }
  }

  /** Interfaces and control groups for which it could not be loaded, and that were not there. */
  get missing(): readonly string[] {
    return this.#missing.map(describeTarget);
  }

  /** Whether all that were missing are there now. */
  get missingCame(): boolean {
    return this.#missing.length > 0 && this.#missing.every((target) => isThere(this.#context.kernel, target));
  }

  /** The new version has proven itself: the one before is let go of. */
  async settle(): Promise<void> {
    if (!this.#record.settled) this.write({ settled: true, attempts: 0 });
    await this.#hosted.settle();
    this.#sweepGates(this.#view);
  }

  /** Hands every event to the version before again, and forgets the one that runs. False if there is none before. */
  async takeBack(): Promise<boolean> {
    const { previous } = this.#record;
    if (previous === undefined) return false;
    const files = this.#context.store.files(previous.digest);
    const reverted = await this.#hosted.revert(({ number, bases }) => {
      const current = { ...previous, number, bases: baseCounts(bases) };
      this.write({ current, previous: undefined, settled: true, attempts: 0 });
    });
    if (reverted) {
      const compiled = this.#compile(files);
      this.#view = compiled.view;
      this.#metrics = this.#metricsOf(compiled);
      this.#sweepGates(compiled.view);
    } else {
      // It was another process's: it is loaded anew.
      await this.load(files);
      this.write({ settled: true, previous: undefined });
    }
    return true;
  }

  /** Ends what runs. What is to go on when it is switched on again stays. */
  async stop(): Promise<void> {
    const version = this.#hosted.current;
    const { current } = this.#record;
    if (version === undefined) return;
    const kept = keptWhileOff(version.spec.manifest, this.#view?.metrics ?? []);
    await this.#hosted.stop((map) => kept.has(map));
    this.#sweepGates(undefined);
    if (current === undefined) return;
    // Its ring has been read to the end: nobody must look for more.
    const { maps, losses } = current.manifest;
    const manifest = { maps, events: [], ...(losses !== undefined && { losses }) };
    this.write({ settled: true, current: { ...current, manifest } });
  }

  /** Ends what runs, and nothing of it stays in the kernel. */
  async forget(): Promise<void> {
    if (this.running) await this.#hosted.stop(() => false);
    this.#hosted.forget();
    this.removePins();
    this.write({ current: undefined });
  }

  /** The process ends; what is pinned goes on. */
  close(): void {
    this.#hosted.close();
  }

  /** Detaches what an agent before this one left, if anything; its figures stay. */
  removeHooks(): void {
    if (this.#context.pins !== undefined) removePinTree(`${this.#folder}/hooks`);
    this.#sweepGates(undefined);
  }

  removePins(): void {
    if (this.#context.pins !== undefined && !this.running) removePinTree(this.#folder);
  }

  /**
   * Errors: ParamError. Returns the value as the parameter has it, and whether programs are attached by it: those of
   * the version that runs stay where they are until it is loaded anew.
   */
  setParam(name: string, value: ParamValue): { readonly value: ParamValue; readonly moves: boolean } {
    const params = this.#view?.params ?? [];
    const param = params.find((candidate) => candidate.name === name);
    if (param === undefined) {
      const known = params.map((candidate) => candidate.name).join(", ") || "none";
      throw new ParamError(`${this.#name} has no parameter '${name}'; it has ${known}`);
    }
    const checked = checkParam(param, value);
    this.write({ params: { ...this.#record.params, [name]: checked } });
    const collection = this.#hosted.current?.collection;
    if (collection !== undefined) writeParam(collection.map(param.map), param, checked);
    return { value: checked, moves: param.places !== undefined };
  }

  /** All parameters have these values again. */
  restoreParams(params: MonitorRecord["params"]): void {
    this.write({ params });
    const collection = this.#hosted.current?.collection;
    if (collection !== undefined && this.#view !== undefined) this.#setParams(this.#view, collection);
  }

  params(): readonly ParamStatus[] {
    return (this.#view?.params ?? []).map(({ name, help, initial, min, max }) => ({
      name,
      help,
      initial,
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
      value: this.#record.params[name] ?? initial,
    }));
  }

  /** The metrics as of now; none while nothing runs. */
  *families(): Steps<Family[]> {
    return this.running && this.#metrics !== undefined ? yield* this.#metrics.families() : [];
  }

  /** Whom of its metrics to tell of the events of a stream. */
  observer(stream: string): EventObserver | undefined {
    return this.#metrics?.observer(stream);
  }

  /** Programs' running times and counts; undefined while nothing runs. */
  statistics(): { readonly runs: number; readonly nanoseconds: number } | undefined {
    if (!this.running) return undefined;
    let runs = 0;
    let nanoseconds = 0;
    for (const hook of this.#hosted.hooks) {
      const statistics = hook.statistics();
      runs += statistics.runs;
      nanoseconds += statistics.nanoseconds;
    }
    return { runs, nanoseconds };
  }

  /** Attaches again where an interface or control group went away and came again. */
  lookAfterPlaces(): readonly { readonly place: string; readonly presence: HookPresence }[] {
    return Array.from(this.#hosted.hooks, (hook) => ({ place: hook.description, presence: hook.lookAfter() }));
  }

  losses(): LossTotals {
    return this.running ? this.#hosted.losses() : NOTHING_LOST;
  }

  overflows(): number {
    return this.running ? (this.#metrics?.overflows() ?? 0) : 0;
  }

  /** What of the agent's capabilities the version that runs makes use of. */
  get capabilities(): readonly NeededCapability[] {
    const spec = this.#hosted.current?.spec;
    if (spec === undefined) return [];
    if (this.#needs?.spec !== spec) this.#needs = { spec, capabilities: neededBy(spec) };
    return this.#needs.capabilities;
  }

  /** Events that happened inside its own programs. */
  missed(): number {
    let missed = 0;
    for (const hook of this.#hosted.hooks) missed += hook.statistics().recursionMisses;
    return missed;
  }

  /** What the API says of the version that runs. */
  describe(): RunningVersion | undefined {
    const running = this.#hosted.current;
    const { current, previous, settled } = this.#record;
    if (running === undefined || current === undefined) return undefined;
    if (this.#file?.digest !== current.digest)
      this.#file = { digest: current.digest, name: this.#context.store.files(current.digest).main };
    return {
      number: running.number,
      ...(this.#view?.version !== undefined && { name: this.#view.version }),
      digest: current.digest,
      file: this.#file.name,
      since: current.since,
      settled,
      canRollBack: previous !== undefined,
      attached: Array.from(this.#hosted.hooks, ({ description, way, pinned }) => ({ place: description, way, pinned })),
    };
  }

  /** Where what filters need is pinned; undefined where nothing outlives the process. */
  get #gates(): string | undefined {
    return this.#context.pins === undefined ? undefined : `${this.#folder}/gates`;
  }

  #sweepGates(view: MonitorView | undefined): void {
    if (this.#gates !== undefined) this.#context.identity.sweep(this.#gates, view?.filter);
  }

  get #folder(): string {
    return `${this.#context.pins ?? ""}/${this.#name}`;
  }

  /** What an agent before this one left is found once. */
  #adopt(): void {
    const { current } = this.#record;
    if (this.#adopted || current === undefined) return;
    this.#adopted = true;
    const { number, created, places, manifest, bases = {}, types = {} } = current;
    let kept: ReadonlySet<string> | undefined;
    this.#hosted.adopt({ number, spec: current, created, places, bases, types }, (map) => {
      kept ??= keptWhileOff(manifest, this.#metricsThen());
      return kept.has(map);
    });
  }

  /** Of the version that an agent before this one left. */
  #metricsThen(): readonly MetricView[] {
    const files = this.currentFiles();
    try {
      return files === undefined ? [] : this.#compile(files).view.metrics;
    } catch {
      return [];
    }
  }

  #compile(files: MonitorFiles): CompiledMonitor {
    this.#context.trusted?.check(files);
    const { spec, view } = sourceOfFile(files.main).source.compile(this.#name, sourceFile(files), this.#context.target);
    const placed = withPlaces(spec, this.#placeValues(view));
    return { spec: this.#context.identity.prepare(placed, view.filter), view };
  }

  /** What is set of the parameters that say where programs are attached. */
  #placeValues({ params }: MonitorView): ReadonlyMap<string, ParamValue> {
    const set = params.filter(({ name, places }) => places !== undefined && this.#record.params[name] !== undefined);
    return new Map(set.map((param) => [param.name, checkParam(param, this.#record.params[param.name]!)]));
  }

  #metricsOf({ spec, view }: CompiledMonitor): MonitorMetrics {
    return new MonitorMetrics(
      {
        view,
        maps: spec.manifest.maps,
        map: (name) => this.#liveMap(name),
        created: (name) => this.#hosted.current?.created.get(name) ?? Date.now(),
      },
      this.#context.identity.decoders,
    );
  }

  #liveMap(name: string): ReadableMap {
    const version = this.#hosted.current;
    if (version === undefined) throw new Error(`monitor ${this.#name} is not on`);
    return version.readable(name);
  }

  /** Also those that nobody has set: a section that goes on has the values of the version before. */
  #setParams({ params }: MonitorView, collection: Collection): void {
    for (const param of params) {
      const value = this.#record.params[param.name] ?? param.initial;
      writeParam(collection.map(param.map), param, checkParam(param, value));
    }
  }

  #commit(version: Version, digest: string, takenUp: boolean): void {
    const { current, previous, settled, attempts } = this.#record;
    const same = current?.digest === digest;
    const next = versionRecord(version, digest, same ? current.since : new Date().toISOString());
    const upgraded = this.running && !same;
    this.write({
      current: next,
      previous: same || current === undefined ? previous : current,
      settled: takenUp ? settled : !upgraded,
      attempts: takenUp ? attempts : 0,
      tripped: undefined,
    });
  }
}

function baseCounts(bases: Version["bases"]): Readonly<Record<string, number>> {
  return Object.fromEntries(Array.from(bases, ([map, { length }]) => [map, length]));
}

function versionRecord(
  { number, spec, created, places, bases, types }: Version,
  digest: string,
  since: string,
): VersionRecord {
  const { maps, events, ring, losses } = spec.manifest;
  return {
    digest,
    number,
    since,
    created: Object.fromEntries(created),
    places: places.length,
    types,
    ...(bases.size > 0 && { bases: baseCounts(bases) }),
    manifest: { maps, events, ...(ring !== undefined && { ring }), ...(losses !== undefined && { losses }) },
    maps: spec.maps.map(({ name, maxEntries }) => ({ name, maxEntries })),
  };
}
