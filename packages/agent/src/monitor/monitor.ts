/**
 * One monitor through its life. Changes are carried out one after the other, and each answers with the
 * state that it led to: failing is a state, not an exception.
 */
import type { MonitorView } from "@sonde/bpf/spec";
import type { Program } from "@sonde/kernel/programs";
import { type Deployment, strftime } from "@sonde/runtime/hosted";
import type { Family } from "../exposition/family.ts";
import { ParamError, type ParamValue } from "@sonde/runtime/params";
import type { MonitorRecord } from "../state/record.ts";
import type { Steps } from "../turns.ts";
import type { MonitorContext } from "./context.ts";
import type { EventObserver } from "../streams/hub.ts";
import { digestOf, type MonitorFiles, sourceFile } from "./files.ts";
import { type HealthSample, lossRate, unhealthy } from "./health.ts";
import { Journal, type JournalEntry } from "./journal.ts";
import { monitorSink } from "./receiver.ts";
import type { MonitorSummary } from "./source.ts";
import { sourceOfFile } from "./sources/index.ts";
import type { MonitorCost, MonitorState, MonitorStatus } from "./status.ts";
import { Versions } from "./versions.ts";

/** A new version this often taken up and not settled is not taken up again: the agent may not live through it. */
const MOST_ATTEMPTS = 3;

/** What was lost until two moments. */
interface HealthPeriod {
  readonly from: HealthSample;
  readonly to: HealthSample;
}

export class Monitor {
  readonly name: string;
  readonly #context: MonitorContext;
  readonly #journal: Journal = new Journal();
  readonly #versions: Versions;
  /** As the directory has it; undefined for a monitor that came by the API alone. */
  #files: MonitorFiles | undefined;
  #summary: MonitorSummary | undefined;
  #state: MonitorState = "off";
  #reason: string | undefined;
  #since: Date = new Date();
  #cost: MonitorCost | undefined;
  /** Label sets that it exported when it was last read. */
  #series = 0;
  /** Events that were read since {@link burden} was last asked. */
  #events = 0;
  /** What could not be loaded while nothing ran. */
  #refused: MonitorFiles | undefined;
  /** Places whose interface or control group is no more. */
  #away: ReadonlySet<string> = new Set();
  #trips = 0;
  /** When what runs was first looked at. */
  #firstSample: HealthSample | undefined;
  #comeBackTimer: NodeJS.Timeout | undefined;
  #healthTimer: NodeJS.Timeout | undefined;
  /** The last change asked for; the next one waits for it. */
  #change: Promise<unknown> = Promise.resolve();

  constructor(name: string, context: MonitorContext) {
    this.name = name;
    this.#context = context;
    const counted = (deliver: () => void): void => {
      this.#events++;
      deliver();
    };
    this.#versions = new Versions(name, context, {
      sink: monitorSink({
        journal: this.#journal,
        event: (stream, values) => counted(() => context.onEvent(name, stream, values)),
        print: (line) => counted(() => context.onPrint(name, line)),
      }),
      clock: (format) => strftime(format, new Date()),
      exit: (code) => void this.#next(() => this.#halt("off", `the script ended itself, by exit(${code})`)),
      fail: (error) => void this.#next(() => this.#brokenEvents(error)),
    });
  }

  get status(): MonitorStatus {
    const versions = this.#versions;
    const version = versions.describe();
    const { comeBack, series } = this.#summary?.budget ?? {};
    return {
      name: this.name,
      help: this.#summary?.help ?? "",
      state: this.#state,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      since: this.#since.toISOString(),
      ...(version !== undefined && { version }),
      metrics: versions.view?.metrics.map((metric) => metric.name) ?? [],
      params: versions.params(),
      capabilities: versions.capabilities,
      lost: versions.losses(),
      missed: versions.missed(),
      overflows: versions.overflows(),
      series: this.#series,
      trips: this.#trips,
      budget: {
        cpu: this.cpuBudget,
        ...(comeBack !== undefined && { comeBack }),
        ...(series !== undefined && { series }),
      },
      ...(this.#cost !== undefined && { cost: this.#cost }),
    };
  }

  /** Digests of the files that it may still need. */
  get digests(): readonly string[] {
    return this.#versions.digests;
  }

  /** What it says of itself, while it is on. */
  get view(): MonitorView | undefined {
    return this.#versions.running ? this.#versions.view : undefined;
  }

  /** What is loaded; empty while nothing runs. */
  get programs(): readonly Program[] {
    return this.#versions.programs;
  }

  /** The metrics as of now; none while nothing runs. */
  *families(): Steps<Family[]> {
    const families = yield* this.#versions.families();
    this.#series = families.reduce((sum, family) => sum + family.count, 0);
    return families;
  }

  /** Whom of its metrics to tell of the events of a stream. */
  observer(stream: string): EventObserver | undefined {
    return this.#versions.observer(stream);
  }

  statistics(): { readonly runs: number; readonly nanoseconds: number } | undefined {
    return this.#versions.statistics();
  }

  get cpuBudget(): number {
    return this.#summary?.budget?.cpu ?? this.#context.cpuBudget;
  }

  get cost(): MonitorCost | undefined {
    return this.#cost;
  }

  set cost(cost: MonitorCost | undefined) {
    this.#cost = this.#versions.running ? cost : undefined;
  }

  burden(): { readonly series: number; readonly events: number } {
    const events = this.#events;
    this.#events = 0;
    return { series: this.#series, events };
  }

  logs(): readonly JournalEntry[] {
    return this.#journal.entries();
  }

  /** At the agent's start: takes up what an agent before left, then comes to what the directory and its user want. */
  start(files: MonitorFiles | undefined, only: boolean | undefined): Promise<MonitorStatus> {
    return this.#next(async () => {
      this.#files = files;
      if (files === undefined) this.#versions.write({ seen: undefined });
      if (this.#wanted(only)) {
        await this.#takeUp();
        return await this.#followDirectory();
      }
      // An agent may have ended while it switched it off.
      this.#versions.removeHooks();
      const { tripped } = this.#versions.record;
      if (tripped === undefined) return;
      this.#note("tripped", tripped);
      this.#comeBackLater();
    });
  }

  /** The directory's file is a new one. */
  directoryChanged(files: MonitorFiles): Promise<MonitorStatus> {
    return this.#next(async () => {
      this.#files = files;
      if (this.#state === "off" || this.#state === "tripped") this.#summary = this.#summaryOf(files) ?? this.#summary;
      else await this.#followDirectory();
    });
  }

  enable(): Promise<MonitorStatus> {
    return this.#next(async () => {
      if (this.#versions.running) return;
      this.#versions.write({ wanted: "on" });
      if (this.#files !== undefined && digestOf(this.#files) !== this.#versions.record.seen)
        return await this.#followDirectory();
      const files = this.#versions.currentFiles() ?? this.#files;
      if (files === undefined) throw new MonitorRequestError(`${this.name} has no file: send one`);
      await this.#load(files, "loading");
    });
  }

  /** Its counters and histograms go on from where they are when it is switched on again; everything else is gone. */
  disable(): Promise<MonitorStatus> {
    return this.#next(async () => {
      this.#versions.write({ wanted: "off", tripped: undefined });
      if (this.#state !== "off" || this.#versions.running) await this.#halt("off", undefined);
    });
  }

  /** Stops it for what it costs, or takes the version that does back. */
  trip(reason: string): Promise<MonitorStatus> {
    return this.#next(async () => {
      if (!this.#versions.running || (await this.#takeBackUnsettled(reason))) return;
      this.#trips++;
      this.#versions.write({ tripped: reason });
      const comeBack = this.#summary?.budget?.comeBack;
      await this.#halt("tripped", comeBack === undefined ? reason : `${reason}; it comes back after ${comeBack} s`);
      this.#comeBackLater();
    });
  }

  /**
   * Another version takes over while events flow; the one that runs goes on if it cannot.
   * @param sent absent: the directory's, read again by the caller
   */
  upgrade(sent: MonitorFiles | undefined): Promise<MonitorStatus> {
    return this.#next(async () => {
      const files = sent ?? this.#files;
      if (files === undefined) throw new MonitorRequestError(`${this.name} has no file in the directory: send one`);
      if (sent === undefined) {
        const digest = digestOf(files);
        this.#versions.write({ seen: digest });
        if (this.#versions.runs(digest)) return this.#note(this.#state, undefined);
      }
      if (!this.#versions.running) this.#versions.write({ wanted: "on" });
      await this.#load(files, this.#versions.running ? "upgrading" : "loading");
    });
  }

  /** Back to the version before the one that runs. */
  rollback(): Promise<MonitorStatus> {
    return this.#next(async () => {
      if (await this.#takeBackUnsettled("asked for")) return;
      const { previous } = this.#versions.record;
      if (previous === undefined) throw new MonitorRequestError(`${this.name} has no version to go back to`);
      await this.#load(this.#context.store.files(previous.digest), "upgrading");
    });
  }

  /** Looks whether what it is attached to is there still, or again. */
  lookAfterPlaces(): void {
    void this.#next(async () => {
      if (this.#state === "failed" && this.#refused !== undefined && this.#versions.missingCame)
        await this.#load(this.#refused, "loading");
      if (!this.#versions.running) return;
      const away = new Set<string>();
      for (const { place, presence } of this.#versions.lookAfterPlaces()) {
        if (presence.is === "returned") this.#journal.add("info", `${place} is there again, and attached`);
        if (presence.is !== "away") continue;
        away.add(place);
        if (!this.#away.has(place))
          this.#journal.add("warning", `${place} is gone, and attached again when it comes: ${presence.why}`);
      }
      this.#away = away;
    });
  }

  /** Programs that are attached by the parameter move, with all that they have counted. Errors: ParamError. */
  setParam(name: string, value: ParamValue): Promise<MonitorStatus> {
    return this.#next(async () => {
      const before = this.#versions.record.params;
      const { value: set, moves } = this.#versions.setParam(name, value);
      const files = moves && this.#versions.running ? this.#versions.currentFiles() : undefined;
      if (files !== undefined) await this.#move(files, name, set, before);
      this.#journal.add("info", `parameter ${name} is ${JSON.stringify(set)}`);
    });
  }

  async #move(files: MonitorFiles, name: string, value: ParamValue, before: MonitorRecord["params"]): Promise<void> {
    this.#become("upgrading", undefined);
    try {
      this.#tell(await this.#versions.load(files));
      await this.#versions.settle();
    } catch (error) {
      this.#versions.restoreParams(before);
      throw new ParamError(
        `parameter ${name} cannot be ${JSON.stringify(value)}, ${this.name} stays where it is: ${messageOf(error)}`,
        { cause: error },
      );
    } finally {
      this.#become("on", undefined);
    }
  }

  /** Its file is gone: it is switched off and forgotten. */
  remove(): Promise<MonitorStatus> {
    return this.#next(async () => {
      await this.#halt("off", "its file is gone");
      await this.#versions.forget();
      this.#context.store.remove(this.name);
    });
  }

  /** The process ends. With `detach` nothing stays in the kernel; else what is pinned goes on. */
  close(detach: boolean): Promise<unknown> {
    return this.#next(async () => {
      clearTimeout(this.#healthTimer);
      clearTimeout(this.#comeBackTimer);
      if (detach) await this.#versions.forget();
      else this.#versions.close();
    });
  }

  /** Whether it is to be on when the agent starts. A file that is broken says nothing; the version before it does. */
  #wanted(only: boolean | undefined): boolean {
    const kept = this.#versions.currentFiles();
    this.#summary =
      (this.#files && this.#summaryOf(this.#files, kept === undefined)) ?? (kept && this.#summaryOf(kept));
    if (this.#summary === undefined) return false;
    if (only !== undefined) return only;
    const { tripped, wanted } = this.#versions.record;
    if (tripped !== undefined) return false;
    return wanted === undefined ? this.#summary.enabled : wanted === "on";
  }

  /** Undefined where the file is broken; with `fail` the monitor is failed then. */
  #summaryOf(files: MonitorFiles, fail: boolean = false): MonitorSummary | undefined {
    try {
      return sourceOfFile(files.main).source.summary(sourceFile(files));
    } catch (error) {
      if (fail) this.#become("failed", messageOf(error));
      return undefined;
    }
  }

  /** Goes on with the version that an agent before this one left, if there is one. */
  async #takeUp(): Promise<void> {
    const { current, previous, settled, attempts } = this.#versions.record;
    if (current === undefined) return;
    const suspect = !settled && attempts + 1 >= MOST_ATTEMPTS && previous !== undefined;
    const files = this.#context.store.files((suspect ? previous : current).digest);
    if (!settled) this.#versions.write({ attempts: attempts + 1 });
    await this.#load(files, "loading", true);
    if (!suspect) return;
    this.#versions.write({ settled: true, attempts: 0, previous: undefined });
    this.#note(this.#state, `the version before was taken up: the last one did not settle in ${attempts} starts`);
  }

  /** A file that was not looked at yet is a new version. */
  async #followDirectory(): Promise<void> {
    if (this.#files === undefined) return;
    const digest = digestOf(this.#files);
    const { running, record } = this.#versions;
    if (digest === record.seen && running) return;
    this.#versions.write({ seen: digest });
    if (!this.#versions.runs(digest)) await this.#load(this.#files, running ? "upgrading" : "loading");
  }

  async #load(files: MonitorFiles, state: "loading" | "upgrading", takenUp: boolean = false): Promise<void> {
    this.#become(state, undefined);
    const usual = this.#sample();
    try {
      this.#tell(await this.#versions.load(files, takenUp));
      this.#summary = this.#versions.view;
      this.#become("on", undefined);
      this.#watchHealth(usual);
    } catch (error) {
      const running = this.#versions.describe();
      const { missing } = this.#versions;
      const later = missing.length === 0 ? "" : `\nIt is tried again when ${missing.join(", ")} can be attached to.`;
      if (running === undefined) this.#refused = files;
      if (running === undefined) this.#become("failed", messageOf(error) + later);
      else this.#become("on", `version ${running.number} goes on, the new one was refused: ${messageOf(error)}`);
    }
  }

  /** After a while a new version is settled, or taken back. */
  #watchHealth(usual: HealthPeriod): void {
    clearTimeout(this.#healthTimer);
    if (this.#versions.record.settled) return void this.#versions.settle();
    const start = this.#sample().to;
    const judge = async (): Promise<void> => {
      if (this.#versions.record.settled || !this.#versions.running) return;
      const reason = unhealthy(lossRate(usual.from, usual.to), start, this.#sample().to);
      if (reason === undefined || !(await this.#takeBackUnsettled(reason))) await this.#versions.settle();
    };
    this.#healthTimer = setTimeout(() => void this.#next(judge), this.#context.healthWindow);
    this.#healthTimer.unref();
  }

  /** What was lost until what runs was first looked at, and until now. */
  #sample(): HealthPeriod {
    const to = { at: performance.now(), losses: this.#versions.losses() };
    this.#firstSample ??= to;
    return { from: this.#firstSample, to };
  }

  /** A version that has not proven itself makes place for the one before. False if it has, or there is none. */
  async #takeBackUnsettled(reason: string): Promise<boolean> {
    const { settled, current } = this.#versions.record;
    if (settled || current === undefined) return false;
    clearTimeout(this.#healthTimer);
    if (!(await this.#versions.takeBack())) return false;
    this.#summary = this.#versions.view;
    this.#become("on", `version ${current.number} was taken back: ${reason}`);
    return true;
  }

  async #halt(state: "off" | "tripped" | "failed", reason: string | undefined): Promise<void> {
    clearTimeout(this.#healthTimer);
    await this.#versions.stop();
    this.#cost = undefined;
    this.#firstSample = undefined;
    this.#become(state, reason);
  }

  /** An event that cannot be handled says that object and manifest do not belong together. */
  async #brokenEvents(error: unknown): Promise<void> {
    const reason = `its events cannot be read: ${messageOf(error)}`;
    if (!(await this.#takeBackUnsettled(reason))) await this.#halt("failed", reason);
  }

  #comeBackLater(): void {
    const seconds = this.#summary?.budget?.comeBack;
    if (seconds === undefined) return;
    this.#comeBackTimer = setTimeout(() => {
      if (this.#state === "tripped") void this.enable();
    }, seconds * 1000);
    this.#comeBackTimer.unref();
  }

  #tell({ version, carried, resized, anew, added, removed, inexact, unpinned }: Deployment): void {
    this.#journal.add(
      "info",
      `version ${version}: ${carried.length} maps go on, ${added.length} places attached, ${removed.length} detached`,
    );
    for (const { map, from, to, lost } of resized) {
      const what = `map ${map} goes on with room for ${to} entries instead of ${from}`;
      if (lost === 0) this.#journal.add("info", what);
      else this.#journal.add("warning", `${what}; ${lost} entries had no room any more and are gone`);
    }
    for (const { map, why } of anew) this.#journal.add("warning", `map ${map} starts anew: ${why}`);
    for (const place of inexact) this.#journal.add("warning", `events may have been missed at ${place}`);
    for (const place of unpinned)
      this.#journal.add("warning", `${place} cannot be pinned by this kernel: it is detached when the agent ends`);
  }

  #become(state: MonitorState, reason: string | undefined): void {
    if (state !== this.#state) this.#since = new Date();
    this.#note(state, reason);
    this.#journal.add(
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
