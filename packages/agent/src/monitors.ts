/** Every monitor: those of the directory, and those that came by the API. The agent's state, as its HTTP face sees it. */
import { readdirSync } from "node:fs";
import type { MonitorView } from "@sonde/bpf/spec";
import { removePinTree } from "@sonde/kernel/handover";
import { type Family, scalarFamily } from "./exposition/family.ts";
import { renderLabels } from "./exposition/labels.ts";
import { type AgentFace, UnknownMonitorError, type UploadedSource } from "./http/agent-face.ts";
import { MonitorDirectory } from "./monitor/directory.ts";
import { digestOf, type MonitorFiles } from "./monitor/files.ts";
import type { JournalEntry } from "./monitor/journal.ts";
import type { MonitorContext } from "./monitor/context.ts";
import { Monitor, MonitorRequestError } from "./monitor/monitor.ts";
import { sourceOfFile } from "./monitor/sources/index.ts";
import type { MonitorStatus } from "./monitor/status.ts";
import { SIGNATURE_SUFFIX } from "./security/signatures.ts";
import { atOnce, type Steps } from "./turns.ts";
import type { EventObserver } from "./streams/hub.ts";
import type { ParamValue } from "@sonde/runtime/params";

/** Milliseconds between looks whether interfaces and control groups are there still. */
const PLACES_PERIOD = 2000;

export class Monitors implements AgentFace {
  readonly #monitors = new Map<string, Monitor>();
  readonly #directory: MonitorDirectory;
  readonly #context: MonitorContext;
  /** Digests of the directory's files when they were last looked at. */
  #seen: ReadonlyMap<string, string> = new Map();
  #scan: Promise<void> = Promise.resolve();
  readonly #readErrors = new Map<string, number>();
  readonly #conflicts = new Map<string, number>();
  #ready = false;
  #places: NodeJS.Timeout | undefined;

  /** @throws {Error} the directory cannot be read */
  constructor(directory: string, context: MonitorContext) {
    this.#directory = new MonitorDirectory(directory);
    this.#context = context;
    const names = [...this.#directory.read().keys(), ...context.store.names()].sort();
    for (const name of names) if (!this.#monitors.has(name)) this.#monitors.set(name, new Monitor(name, context));
  }

  get ready(): boolean {
    return this.#ready;
  }

  get all(): Iterable<Monitor> {
    return this.#monitors.values();
  }

  /**
   * Takes up what an agent before this one left, and switches on what is to be on: those named in `only`, else
   * what their users asked for, else what their files say.
   * @throws {UnknownMonitorError} a name in `only` that is no monitor's
   */
  async start(only: readonly string[] | undefined): Promise<void> {
    for (const name of only ?? []) this.#find(name);
    this.#removeStale();
    const files = this.#directory.read();
    this.#seen = digests(files);
    // One after the other: loading is work, and the machine has other things to do.
    for (const [name, monitor] of [...this.#monitors]) {
      const own = files.get(name);
      const known = this.#context.store.read(name);
      if (own === undefined && known?.seen !== undefined) await this.#remove(name, monitor);
      else await monitor.start(own, only?.includes(name));
    }
    this.#forgetFiles();
    this.#directory.watch(() => void this.rescan());
    this.#places = setInterval(() => {
      for (const monitor of this.#monitors.values()) monitor.lookAfterPlaces();
    }, PLACES_PERIOD).unref();
    this.#ready = true;
  }

  /** Looks at the directory again: new files, changed ones, files that are gone. */
  rescan(): Promise<void> {
    this.#scan = this.#scan.then(() => this.#follow()).catch((error: unknown) => this.#context.warn(messageOf(error)));
    return this.#scan;
  }

  /** @param detach nothing stays in the kernel; else what is pinned goes on without this process */
  async stop(detach: boolean): Promise<void> {
    clearInterval(this.#places);
    this.#directory.close();
    await this.#scan;
    await Promise.all(Array.from(this.#monitors.values(), (monitor) => monitor.close(detach)));
  }

  list(): readonly MonitorStatus[] {
    return Array.from(this.#monitors.values(), (monitor) => monitor.status);
  }

  show(name: string): MonitorStatus {
    return this.#find(name).status;
  }

  /** What the monitors that are on say of themselves. */
  views(): readonly MonitorView[] {
    return [...this.#monitors.values()].flatMap((monitor) => monitor.view ?? []);
  }

  /** Whom of a monitor's metrics to tell of the events of a stream. */
  observer(monitor: string, stream: string): EventObserver | undefined {
    return this.#monitors.get(monitor)?.observer(stream);
  }

  async enable(name: string): Promise<MonitorStatus> {
    return await this.#find(name).enable();
  }

  async disable(name: string): Promise<MonitorStatus> {
    return await this.#find(name).disable();
  }

  async upgrade(name: string, source?: UploadedSource): Promise<MonitorStatus> {
    const files = source === undefined ? undefined : uploaded(name, source);
    if (files === undefined) await this.rescan();
    const monitor = files === undefined ? this.#find(name) : this.#findOrMake(name);
    const status = await monitor.upgrade(files);
    this.#forgetFiles();
    return status;
  }

  async rollback(name: string): Promise<MonitorStatus> {
    return await this.#find(name).rollback();
  }

  async setParam(name: string, param: string, value: ParamValue): Promise<MonitorStatus> {
    return await this.#find(name).setParam(param, value);
  }

  logs(name: string): readonly JournalEntry[] {
    return this.#find(name).logs();
  }

  /** Forgets a monitor that came by the API. */
  async remove(name: string): Promise<void> {
    const monitor = this.#find(name);
    if (this.#seen.has(name))
      throw new MonitorRequestError(`${name} is a file of ${this.#directory.path}: remove that, or switch it off`);
    await this.#remove(name, monitor);
  }

  *families(): Steps<Family[]> {
    const families = new Map<string, Family>();
    for (const monitor of [...this.#monitors.values()]) {
      for (const family of yield* this.#familiesOf(monitor)) {
        // Two monitors that export the same name would make the whole exposition invalid.
        if (families.has(family.name)) this.#leaveOut(monitor, family.name);
        else families.set(family.name, family);
      }
    }
    const errors = scalarFamily(
      "counter",
      { name: "sonde_read_errors", help: "Readings in which the maps of a monitor could not be read" },
      Array.from(this.#readErrors, ([name, count]) => [renderLabels(["monitor"], [name]), count] as const),
    );
    const left = scalarFamily(
      "counter",
      {
        name: "sonde_read_conflict_errors",
        help: "Readings of a metric that were left out, since another monitor exports one of the same name",
      },
      Array.from(this.#conflicts, ([name, count]) => [renderLabels(["monitor"], [name]), count] as const),
    );
    return [...families.values(), errors, left];
  }

  #leaveOut({ name }: Monitor, metric: string): void {
    const before = this.#conflicts.get(name) ?? 0;
    this.#conflicts.set(name, before + 1);
    if (before > 0) return;
    const what = `${name} exports ${metric}, and so does another monitor`;
    this.#context.warn(`${what}: it is left out; give it another name, or switch one of them off`);
  }

  /** One monitor that cannot be read takes no other's figures away. */
  *#familiesOf(monitor: Monitor): Steps<readonly Family[]> {
    try {
      return yield* monitor.families();
    } catch {
      // Its maps may have been closed between two steps: then they are another version's, or none.
      return this.#familiesNow(monitor);
    }
  }

  #familiesNow(monitor: Monitor): readonly Family[] {
    try {
      return atOnce(monitor.families());
    } catch (error) {
      const before = this.#readErrors.get(monitor.name) ?? 0;
      this.#readErrors.set(monitor.name, before + 1);
      if (before === 0) this.#context.warn(`the maps of ${monitor.name} cannot be read: ${messageOf(error)}`);
      return [];
    }
  }

  async #follow(): Promise<void> {
    const files = this.#directory.read();
    const before = this.#seen;
    this.#seen = digests(files);
    for (const [name, own] of files) {
      if (before.get(name) === this.#seen.get(name)) continue;
      const known = this.#monitors.get(name);
      if (known !== undefined) await known.directoryChanged(own);
      else await this.#findOrMake(name).start(own, undefined);
    }
    for (const name of before.keys()) {
      const monitor = this.#monitors.get(name);
      if (!files.has(name) && monitor !== undefined) await this.#remove(name, monitor);
    }
    this.#forgetFiles();
  }

  async #remove(name: string, monitor: Monitor): Promise<void> {
    this.#monitors.delete(name);
    await monitor.remove();
  }

  #findOrMake(name: string): Monitor {
    const monitor = this.#monitors.get(name) ?? new Monitor(name, this.#context);
    this.#monitors.set(name, monitor);
    return monitor;
  }

  #find(name: string): Monitor {
    const monitor = this.#monitors.get(name);
    if (monitor === undefined) throw new UnknownMonitorError(name, [...this.#monitors.keys()]);
    return monitor;
  }

  #forgetFiles(): void {
    this.#context.store.keepOnly(new Set([...this.#monitors.values()].flatMap(({ digests: kept }) => kept)));
  }

  /** Pins of monitors that are no more. */
  #removeStale(): void {
    const { pins } = this.#context;
    if (pins === undefined) return;
    for (const name of namesIn(pins)) if (!this.#monitors.has(name)) removePinTree(`${pins}/${name}`);
  }
}

/** @throws {MonitorSourceError} the file is not for this monitor, or of no known kind */
function uploaded(name: string, { file, bytes, signature }: UploadedSource): MonitorFiles {
  const { source } = sourceOfFile(file);
  // Whatever it was called at home: here it is this monitor's file.
  const main = `${name}${source.suffix}`;
  const signed = signature === undefined ? {} : { [`${main}${SIGNATURE_SUFFIX}`]: Buffer.from(signature, "latin1") };
  return { main, files: { [main]: bytes, ...signed } };
}

function digests(files: ReadonlyMap<string, MonitorFiles>): ReadonlyMap<string, string> {
  return new Map(Array.from(files, ([name, own]) => [name, digestOf(own)]));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
