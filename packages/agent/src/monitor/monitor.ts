/**
 * One monitor through its life. Changes are carried out one after the other, and each answers with the
 * state that it led to: failing is a state, not an exception.
 *
 * The record in the store says what is to be taken up if this process ends at any moment: it is written
 * after what it names is pinned and before events reach it.
 */
import type { MonitorView, ObjectSpec, Target } from "@sonde/bpf/spec";
import type { BpfMap } from "@sonde/kernel/maps";
import { removePinTree } from "@sonde/kernel/handover";
import type { Kernel } from "@sonde/kernel/sys";
import { type Deployment, HostedObject, strftime, type Version } from "@sonde/runtime/hosted";
import type { Value } from "@sonde/runtime";
import type { DecoderContext } from "@sonde/runtime/decoders";
import type { Family } from "../exposition/family.ts";
import { MonitorMetrics } from "../metrics/monitor-metrics.ts";
import { checkParam, ParamError, type ParamValue } from "@sonde/runtime/params";
import { type MonitorRecord, NEW_RECORD, type VersionRecord } from "../state/record.ts";
import type { StateStore } from "../state/store.ts";
import type { TrustedKeys } from "../security/signatures.ts";
import type { EventObserver } from "../streams/hub.ts";
import { digestOf, type MonitorFiles, sourceFile } from "./files.ts";
import { type HealthSample, lossRate, unhealthy } from "./health.ts";
import { Journal, type JournalEntry } from "./journal.ts";
import { keptWhileOff } from "./kept.ts";
import { writeParam } from "./params.ts";
import { monitorSink } from "./receiver.ts";
import type { CompiledMonitor, MonitorSummary } from "./source.ts";
import { sourceOfFile } from "./sources/index.ts";
import type { MonitorCost, MonitorState, MonitorStatus, RunningVersion } from "./status.ts";

export interface MonitorContext {
  readonly kernel: Kernel;
  readonly target: Target;
  readonly store: StateStore;
  /** The folder of all monitors' pins; without one nothing outlives the process. */
  readonly pins?: string;
  readonly decoders: DecoderContext;
  /** Milliseconds that a new version must be healthy before the one before it is let go of. */
  readonly healthWindow: number;
  /** Share of one CPU that a monitor may cost whose file does not say. */
  readonly cpuBudget: number;
  /** Told of what no monitor's state says. */
  readonly warn: (message: string) => void;
  /** Only what they signed is loaded; absent: everything is. */
  readonly trusted?: TrustedKeys;
  /** Told of every change of state. */
  readonly onChange: (status: MonitorStatus) => void;
  /** An event of a monitor's stream. */
  readonly onEvent: (monitor: string, stream: string, values: readonly Value[]) => void;
  /** A line that a monitor printed. */
  readonly onPrint: (monitor: string, line: string) => void;
}

/** A new version this often taken up and not settled is not taken up again: the agent may not live through it. */
const MOST_ATTEMPTS = 3;
const NOTHING_LOST = { ringFull: 0, mapFull: 0, stackLost: 0 };

export class Monitor {
  readonly name: string;
  readonly journal: Journal = new Journal();
  readonly #context: MonitorContext;
  readonly #hosted: HostedObject;
  /** As the directory has it; undefined for a monitor that came by the API alone. */
  #files: MonitorFiles | undefined;
  #record: MonitorRecord;
  #summary: MonitorSummary | undefined;
  #view: MonitorView | undefined;
  #metrics: MonitorMetrics | undefined;
  #state: MonitorState = "off";
  #reason: string | undefined;
  #since: Date = new Date();
  #cost: MonitorCost | undefined;
  #healthTimer: NodeJS.Timeout | undefined;
  /** The last change asked for; the next one waits for it. */
  #change: Promise<unknown> = Promise.resolve();

  constructor(name: string, context: MonitorContext) {
    this.name = name;
    this.#context = context;
    this.#record = context.store.read(name) ?? NEW_RECORD;
    this.#hosted = new HostedObject({
      kernel: context.kernel,
      vmlinux: () => context.target.btf,
      ...(context.pins !== undefined && { folder: this.#pinFolder }),
      sink: monitorSink({
        journal: this.journal,
        event: (stream, values) => context.onEvent(name, stream, values),
        print: (line) => context.onPrint(name, line),
      }),
      clock: (format) => strftime(format, new Date()),
      exit: (code) => void this.#next(() => this.#halt("off", `the script ended itself, by exit(${code})`)),
      fail: (error) => void this.#next(() => this.#brokenEvents(error)),
    });
  }

  get status(): MonitorStatus {
    const { budget } = this.#summary ?? {};
    const version = this.#runningVersion();
    return {
      name: this.name,
      help: this.#summary?.help ?? "",
      state: this.#state,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      since: this.#since.toISOString(),
      ...(version !== undefined && { version }),
      metrics: this.#view?.metrics.map((metric) => metric.name) ?? [],
      params: (this.#view?.params ?? []).map(({ name, help, initial, min, max }) => ({
        name,
        help,
        initial,
        ...(min !== undefined && { min }),
        ...(max !== undefined && { max }),
        value: this.#record.params[name] ?? initial,
      })),
      lost: this.#hosted.current === undefined ? NOTHING_LOST : this.#hosted.losses(),
      missed: this.#missed(),
      budget: {
        cpu: budget?.cpu ?? this.#context.cpuBudget,
        ...(budget?.series !== undefined && { series: budget.series }),
      },
      ...(this.#cost !== undefined && { cost: this.#cost }),
    };
  }

  /** Digests of the files that it may still need. */
  get digests(): readonly string[] {
    const { current, previous } = this.#record;
    return [current, previous].flatMap((version) => version?.digest ?? []);
  }

  /** What it says of itself, while it is on. */
  get view(): MonitorView | undefined {
    return this.#hosted.current === undefined ? undefined : this.#view;
  }

  /** The metrics as of now; none while nothing runs. */
  families(): Family[] {
    return this.#hosted.current === undefined ? [] : (this.#metrics?.families() ?? []);
  }

  /** Whom of its metrics to tell of the events of a stream. */
  observer(stream: string): EventObserver | undefined {
    return this.#metrics?.observer(stream);
  }

  /** Programs' running times and counts; empty while nothing runs. */
  statistics(): { readonly runs: number; readonly nanoseconds: number } {
    let runs = 0;
    let nanoseconds = 0;
    for (const hook of this.#hosted.hooks) {
      const statistics = hook.statistics();
      runs += statistics.runs;
      nanoseconds += statistics.nanoseconds;
    }
    return { runs, nanoseconds };
  }

  set cost(cost: MonitorCost | undefined) {
    this.#cost = cost;
  }

  /** At the agent's start: takes up what an agent before left, then comes to what the directory and its user want. */
  start(files: MonitorFiles | undefined, only: boolean | undefined): Promise<MonitorStatus> {
    return this.#next(async () => {
      this.#files = files;
      if (files === undefined) this.#write({ seen: undefined });
      const wanted = this.#wanted(only);
      if (!wanted) {
        // An agent may have ended while it switched it off.
        if (this.#context.pins !== undefined) removePinTree(`${this.#pinFolder}/hooks`);
        if (this.#record.tripped !== undefined) this.#note("tripped", this.#record.tripped);
        return;
      }
      await this.#takeUp();
      await this.#followDirectory();
    });
  }

  /** The directory's file is a new one, or is gone. */
  directoryChanged(files: MonitorFiles): Promise<MonitorStatus> {
    return this.#next(async () => {
      this.#files = files;
      if (this.#state === "off" || this.#state === "tripped") {
        this.#summarize(files);
        return;
      }
      await this.#followDirectory();
    });
  }

  enable(): Promise<MonitorStatus> {
    return this.#next(async () => {
      if (this.#hosted.current !== undefined) return;
      this.#write({ wanted: "on" });
      if (this.#files !== undefined && digestOf(this.#files) !== this.#record.seen)
        return await this.#followDirectory();
      await this.#load(this.#currentFiles(), "loading");
    });
  }

  /** Its counters and histograms go on from where they are when it is switched on again; everything else is gone. */
  disable(): Promise<MonitorStatus> {
    return this.#next(async () => {
      this.#write({ wanted: "off" });
      if (this.#state === "off" && this.#hosted.current === undefined) return;
      await this.#halt("off", undefined);
    });
  }

  /** Stops it for what it costs, or takes the version that does back. */
  trip(reason: string): Promise<MonitorStatus> {
    return this.#next(async () => {
      if (this.#hosted.current === undefined) return;
      if (!this.#record.settled && (await this.#takeBack(reason))) return;
      this.#write({ tripped: reason });
      await this.#halt("tripped", reason);
    });
  }

  /**
   * Another version takes over while events flow; the one that runs goes on if it cannot.
   * @param files absent: the directory's, read again by the caller
   */
  upgrade(files: MonitorFiles | undefined): Promise<MonitorStatus> {
    return this.#next(async () => {
      const next = files ?? this.#files;
      if (next === undefined) throw new MonitorRequestError(`${this.name} has no file in the directory: send one`);
      if (files === undefined) this.#write({ seen: digestOf(next) });
      if (this.#hosted.current === undefined) this.#write({ wanted: "on" });
      await this.#load(next, this.#hosted.current === undefined ? "loading" : "upgrading");
    });
  }

  /** Back to the version before the one that runs. */
  rollback(): Promise<MonitorStatus> {
    return this.#next(async () => {
      if (!this.#record.settled && (await this.#takeBack("asked for"))) return;
      const { previous } = this.#record;
      if (previous === undefined) throw new MonitorRequestError(`${this.name} has no version to go back to`);
      await this.#load(this.#context.store.files(previous.digest), "upgrading");
    });
  }

  /** Errors: ParamError. */
  setParam(name: string, value: ParamValue): Promise<MonitorStatus> {
    return this.#next(() => {
      const params = this.#view?.params ?? [];
      const param = params.find((candidate) => candidate.name === name);
      if (param === undefined) {
        const known = params.map((candidate) => candidate.name).join(", ") || "none";
        throw new ParamError(`${this.name} has no parameter '${name}'; it has ${known}`);
      }
      const checked = checkParam(param, value);
      this.#write({ params: { ...this.#record.params, [name]: checked } });
      const collection = this.#hosted.current?.collection;
      if (collection !== undefined) writeParam(collection.map(param.map), param, checked);
      this.journal.add("info", `parameter ${name} is ${JSON.stringify(checked)}`);
    });
  }

  logs(): readonly JournalEntry[] {
    return this.journal.entries();
  }

  /** Its file is gone: it is switched off and forgotten. */
  remove(): Promise<MonitorStatus> {
    return this.#next(async () => {
      await this.#halt("off", "its file is gone");
      this.#hosted.forget();
      this.#context.store.remove(this.name);
      if (this.#context.pins !== undefined) removePinTree(this.#pinFolder);
    });
  }

  /** The process ends. With `detach` nothing stays in the kernel; else what is pinned goes on. */
  close(detach: boolean): Promise<unknown> {
    return this.#next(async () => {
      clearTimeout(this.#healthTimer);
      if (!detach) return this.#hosted.close();
      if (this.#hosted.current !== undefined) await this.#hosted.stop(() => false);
      this.#hosted.forget();
      if (this.#context.pins !== undefined) removePinTree(this.#pinFolder);
      this.#write({ current: undefined });
    });
  }

  get #pinFolder(): string {
    return `${this.#context.pins ?? ""}/${this.name}`;
  }

  #wanted(only: boolean | undefined): boolean {
    const files = this.#files ?? this.#keptFiles();
    if (files === undefined || !this.#summarize(files)) return false;
    if (only !== undefined) return only;
    if (this.#record.tripped !== undefined) return false;
    return this.#record.wanted === undefined ? this.#summary?.enabled === true : this.#record.wanted === "on";
  }

  /** False, and failed, where the file is broken. */
  #summarize(files: MonitorFiles): boolean {
    try {
      this.#summary = sourceOfFile(files.main).source.summary(sourceFile(files));
      return true;
    } catch (error) {
      this.#become("failed", messageOf(error));
      return false;
    }
  }

  #keptFiles(): MonitorFiles | undefined {
    const digest = this.#record.current?.digest;
    try {
      return digest === undefined ? undefined : this.#context.store.files(digest);
    } catch {
      return undefined;
    }
  }

  #currentFiles(): MonitorFiles {
    const files = this.#keptFiles() ?? this.#files;
    if (files === undefined) throw new MonitorRequestError(`${this.name} has no file: send one`);
    return files;
  }

  /** Goes on with the version that an agent before this one left, if there is one. */
  async #takeUp(): Promise<void> {
    const { current, previous, settled, attempts } = this.#record;
    if (current === undefined) return;
    const suspect = !settled && attempts + 1 >= MOST_ATTEMPTS && previous !== undefined;
    const files = this.#context.store.files((suspect ? previous : current).digest);
    if (!settled) this.#write({ attempts: attempts + 1 });
    await this.#load(files, "loading", true);
    if (!suspect) return;
    this.#write({ settled: true, attempts: 0, previous: undefined });
    this.#note(this.#state, `the version before was taken up: the last one did not settle in ${attempts} starts`);
  }

  /** A file that was not looked at yet is a new version. */
  async #followDirectory(): Promise<void> {
    if (this.#files === undefined) return;
    const digest = digestOf(this.#files);
    const running = this.#hosted.current !== undefined;
    if (digest === this.#record.seen && running) return;
    this.#write({ seen: digest });
    if (running && digest === this.#record.current?.digest) return;
    await this.#load(this.#files, running ? "upgrading" : "loading");
  }

  async #load(files: MonitorFiles, state: "loading" | "upgrading", takenUp: boolean = false): Promise<void> {
    this.#become(state, undefined);
    const before = this.#record;
    this.#adopt();
    const usual = this.#sample();
    try {
      const compiled = this.#compile(files);
      const metrics = this.#metricsOf(compiled);
      const deployment = await this.#deploy(compiled.spec, compiled.view, files, takenUp);
      this.#adopted = true;
      this.#summary = compiled.view;
      this.#view = compiled.view;
      this.#metrics = metrics;
      if (this.#record.tripped !== undefined) this.#write({ tripped: undefined });
      this.#tell(deployment);
      this.#become("on", undefined);
      this.#watchHealth(usual);
    } catch (error) {
      this.#record = before;
      this.#context.store.write(this.name, before);
      if (this.#hosted.current === undefined) {
        if (takenUp && this.#context.pins !== undefined) removePinTree(this.#pinFolder);
        this.#become("failed", messageOf(error));
      } else
        this.#become(
          "on",
          `version ${this.#hosted.current.number} goes on, the new one was refused: ${messageOf(error)}`,
        );
    }
  }

  /** What an agent before this one left is found once. */
  #adopt(): void {
    const { current } = this.#record;
    if (this.#adopted || current === undefined) return;
    this.#adopted = true;
    this.#hosted.adopt({ number: current.number, spec: current, created: current.created });
  }

  #adopted = false;

  #compile(files: MonitorFiles): CompiledMonitor {
    this.#context.trusted?.check(files);
    return sourceOfFile(files.main).source.compile(this.name, sourceFile(files), this.#context.target);
  }

  #metricsOf({ spec, view }: CompiledMonitor): MonitorMetrics {
    return new MonitorMetrics(
      { view, maps: spec.manifest.maps, map: (name) => this.#liveMap(name), created: (name) => this.#created(name) },
      this.#context.decoders,
    );
  }

  async #deploy(spec: ObjectSpec, view: MonitorView, files: MonitorFiles, takenUp: boolean): Promise<Deployment> {
    const digest = this.#context.store.keepFiles(files);
    return await this.#hosted.deploy(spec, {
      takenUp,
      prepare: (collection) => {
        for (const param of view.params) {
          const value = this.#record.params[param.name];
          if (value !== undefined) writeParam(collection.map(param.map), param, checkParam(param, value));
        }
      },
      commit: (version) => this.#commit(version, digest, takenUp),
    });
  }

  #commit(version: Version, digest: string, takenUp: boolean): void {
    const { current, previous, settled, attempts } = this.#record;
    const same = current?.digest === digest;
    const next = versionRecord(version, digest, same ? current.since : new Date().toISOString());
    const upgraded = this.#hosted.current !== undefined && !same;
    this.#write({
      current: next,
      previous: same || current === undefined ? previous : current,
      settled: takenUp ? settled : !upgraded,
      attempts: takenUp ? attempts : 0,
    });
  }

  /** After a while a new version is settled, or taken back. */
  #watchHealth(usual: { readonly from: HealthSample; readonly to: HealthSample }): void {
    clearTimeout(this.#healthTimer);
    if (this.#record.settled) return void this.#hosted.settle();
    const start = this.#sample().to;
    this.#healthTimer = setTimeout(() => {
      void this.#next(async () => {
        if (this.#record.settled || this.#hosted.current === undefined) return;
        const reason = unhealthy(lossRate(usual.from, usual.to), start, this.#sample().to);
        if (reason !== undefined && (await this.#takeBack(reason))) return;
        this.#write({ settled: true, attempts: 0 });
        await this.#hosted.settle();
      });
    }, this.#context.healthWindow);
    this.#healthTimer.unref();
  }

  /** What was lost until now, and since the version that runs was first looked at. */
  #sample(): { readonly from: HealthSample; readonly to: HealthSample } {
    const to = { at: performance.now(), losses: this.#hosted.losses() };
    this.#firstSample ??= to;
    return { from: this.#firstSample, to };
  }

  #firstSample: HealthSample | undefined;

  /** The version before goes on; false if there is none. */
  async #takeBack(reason: string): Promise<boolean> {
    const failed = this.#record.current;
    const { previous } = this.#record;
    if (failed === undefined || previous === undefined) return false;
    clearTimeout(this.#healthTimer);
    const reverted = await this.#hosted.revert((version) =>
      this.#write({
        current: { ...previous, number: version.number },
        previous: undefined,
        settled: true,
        attempts: 0,
      }),
    );
    if (reverted) this.#useView(this.#compile(this.#context.store.files(previous.digest)));
    else {
      // It is another process's: its files are loaded anew.
      await this.#load(this.#context.store.files(previous.digest), "upgrading");
      this.#write({ settled: true, previous: undefined });
    }
    this.#become(
      this.#state === "upgrading" ? "on" : this.#state,
      `version ${failed.number} was taken back: ${reason}`,
    );
    return true;
  }

  #useView(compiled: CompiledMonitor): void {
    this.#summary = compiled.view;
    this.#view = compiled.view;
    this.#metrics = this.#metricsOf(compiled);
  }

  async #halt(state: "off" | "tripped" | "failed", reason: string | undefined): Promise<void> {
    clearTimeout(this.#healthTimer);
    const version = this.#hosted.current;
    const { current } = this.#record;
    if (version !== undefined) {
      const kept = keptWhileOff(version.spec.manifest, this.#view?.metrics ?? []);
      await this.#hosted.stop((map) => kept.has(map));
      // Its ring has been read to the end: nobody must look for more.
      if (current !== undefined) {
        const { maps, losses } = current.manifest;
        const manifest = { maps, events: [], ...(losses !== undefined && { losses }) };
        this.#write({ settled: true, current: { ...current, manifest } });
      }
    }
    this.#cost = undefined;
    this.#firstSample = undefined;
    this.#become(state, reason);
  }

  /** An event that cannot be handled says that object and manifest do not belong together. */
  async #brokenEvents(error: unknown): Promise<void> {
    const reason = `its events cannot be read: ${messageOf(error)}`;
    if (!this.#record.settled && (await this.#takeBack(reason))) return;
    await this.#halt("failed", reason);
  }

  #tell({ version, carried, anew, added, removed, inexact, unpinned }: Deployment): void {
    this.journal.add(
      "info",
      `version ${version}: ${carried.length} maps go on, ${added.length} places attached, ${removed.length} detached`,
    );
    for (const { map, why } of anew) this.journal.add("warning", `map ${map} starts anew: ${why}`);
    for (const place of inexact) this.journal.add("warning", `events may have been missed at ${place}`);
    for (const place of unpinned)
      this.journal.add("warning", `${place} cannot be pinned by this kernel: it is detached when the agent ends`);
  }

  #runningVersion(): RunningVersion | undefined {
    const running = this.#hosted.current;
    const { current, previous, settled } = this.#record;
    if (running === undefined || current === undefined) return undefined;
    return {
      number: running.number,
      ...(this.#view?.version !== undefined && { name: this.#view.version }),
      digest: current.digest,
      file: this.#fileName(current.digest),
      since: current.since,
      settled,
      canRollBack: previous !== undefined,
      attached: Array.from(this.#hosted.hooks, ({ description, way, pinned }) => ({ place: description, way, pinned })),
    };
  }

  #fileNames = new Map<string, string>();

  #fileName(digest: string): string {
    const known = this.#fileNames.get(digest) ?? this.#context.store.files(digest).main;
    this.#fileNames = new Map([[digest, known]]);
    return known;
  }

  #missed(): number {
    let missed = 0;
    for (const hook of this.#hosted.hooks) missed += hook.statistics().recursionMisses;
    return missed;
  }

  #liveMap(name: string): BpfMap {
    const version = this.#hosted.current;
    if (version === undefined) throw new Error(`monitor ${this.name} is not on`);
    return version.collection.map(name);
  }

  #created(name: string): number {
    return this.#hosted.current?.created.get(name) ?? this.#since.getTime();
  }

  #write(change: { readonly [Key in keyof MonitorRecord]?: MonitorRecord[Key] | undefined }): void {
    this.#record = { ...this.#record, ...change } as MonitorRecord;
    this.#context.store.write(this.name, this.#record);
  }

  #become(state: MonitorState, reason: string | undefined): void {
    if (state !== this.#state) this.#since = new Date();
    this.#note(state, reason);
    this.journal.add(
      state === "failed" || state === "tripped" ? "error" : "info",
      reason === undefined ? state : `${state}: ${reason}`,
    );
    this.#context.onChange(this.status);
  }

  #note(state: MonitorState, reason: string | undefined): void {
    this.#state = state;
    this.#reason = reason;
  }

  #next(change: () => void | Promise<void>): Promise<MonitorStatus> {
    const done = this.#change.then(change).then(() => this.status);
    this.#change = done.catch(() => undefined);
    return done;
  }
}

/** A request that the monitor cannot fulfil as it is. */
export class MonitorRequestError extends Error {
  override readonly name = "MonitorRequestError";
}

function versionRecord({ number, spec, created }: Version, digest: string, since: string): VersionRecord {
  const { maps, events, ring, losses } = spec.manifest;
  return {
    digest,
    number,
    since,
    created: Object.fromEntries(created),
    manifest: { maps, events, ...(ring !== undefined && { ring }), ...(losses !== undefined && { losses }) },
    maps: spec.maps.map(({ name, maxEntries }) => ({ name, maxEntries })),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
