import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { MonitorView, Target } from "@sonde/bpf/spec";
import type { Kernel } from "@sonde/kernel/sys";
import { Session, type SessionOptions } from "@sonde/runtime";
import type { Family } from "../exposition/family.ts";
import { MonitorMetrics } from "../metrics/monitor-metrics.ts";
import { silentSink } from "./silent-sink.ts";
import type { MonitorSource, MonitorSummary, SourceFile } from "./source.ts";
import { sourceOfFile } from "./sources/index.ts";
import type { MonitorState, MonitorStatus } from "./status.ts";

export interface MonitorContext {
  readonly kernel: Kernel;
  readonly target: Target;
  /** Told of every change of state. */
  readonly onChange: (status: MonitorStatus) => void;
}

interface Running {
  readonly session: Session;
  readonly metrics: MonitorMetrics;
}

const NOTHING_LOST = { ringFull: 0, mapFull: 0, stackLost: 0 };

/**
 * One file of the monitors' directory. Changes are asked for with {@link enable} and
 * {@link disable}; they are carried out one after the other, and each answers with the state that
 * it led to. Failing is a state, not an exception.
 */
export class Monitor {
  readonly name: string;
  readonly #file: string;
  readonly #context: MonitorContext;
  readonly #source: MonitorSource;
  #summary: MonitorSummary | undefined;
  #view: MonitorView | undefined;
  #state: MonitorState = "off";
  #reason: string | undefined;
  #since: Date = new Date();
  #running: Running | undefined;
  /** The last change asked for; the next one waits for it. */
  #change: Promise<unknown> = Promise.resolve();

  constructor(file: string, context: MonitorContext) {
    this.#file = file;
    const { name, source } = sourceOfFile(basename(file));
    this.name = name;
    this.#source = source;
    this.#context = context;
  }

  get status(): MonitorStatus {
    return {
      name: this.name,
      help: this.#summary?.help ?? "",
      state: this.#state,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      since: this.#since.toISOString(),
      metrics: this.#view?.metrics.map((metric) => metric.name) ?? [],
      lost: this.#running?.session.losses() ?? NOTHING_LOST,
    };
  }

  /** What it says of itself, while it is on. */
  get view(): MonitorView | undefined {
    return this.#running === undefined ? undefined : this.#view;
  }

  enable(): Promise<MonitorStatus> {
    return this.#next(async () => {
      if (this.#running !== undefined) return;
      this.#become("loading");
      try {
        this.#running = await this.#start();
        this.#become("on");
      } catch (error) {
        this.#become("failed", error instanceof Error ? error.message : String(error));
      }
    });
  }

  disable(): Promise<MonitorStatus> {
    return this.#next(async () => {
      const running = this.#running;
      this.#running = undefined;
      if (this.#state !== "off") this.#become("off");
      await running?.session.stop();
    });
  }

  /** Read the header without switching the monitor on; a broken one shows as failed. */
  async describe(): Promise<{ readonly enabled: boolean }> {
    try {
      this.#summary = this.#source.summary(await this.#readFile());
      return this.#summary;
    } catch (error) {
      this.#become("failed", error instanceof Error ? error.message : String(error));
      return { enabled: false };
    }
  }

  /** The metrics as of now; none while it is not on. */
  families(): Family[] {
    return this.#running?.metrics.families() ?? [];
  }

  async #readFile(): Promise<SourceFile> {
    const directory = dirname(this.#file);
    return {
      name: basename(this.#file),
      bytes: await readFile(this.#file),
      beside: (name) => {
        try {
          return readFileSync(join(directory, basename(name)));
        } catch {
          return undefined;
        }
      },
    };
  }

  async #start(): Promise<Running> {
    const { kernel, target } = this.#context;
    const { spec, view } = this.#source.compile(this.name, await this.#readFile(), target);
    this.#summary = this.#view = view;
    let live: Session | undefined;
    const created = Date.now();
    const metrics = new MonitorMetrics({
      view,
      maps: spec.manifest.maps,
      map: (name) => live!.map(name),
      created: () => created,
    });
    const options: SessionOptions = {
      kernel,
      vmlinux: () => target.btf,
      sink: () => silentSink,
      printMapsOnExit: false,
    };
    const session = (live = await Session.start(spec, options));
    void session.ended.then(
      ({ reason }) => this.#over(session, `the script ended itself (${reason})`, "off"),
      (error: unknown) => this.#over(session, error instanceof Error ? error.message : String(error), "failed"),
    );
    return { session, metrics };
  }

  /** A session that was not asked to end has ended. */
  #over(session: Session, reason: string, state: MonitorState): void {
    if (this.#running?.session !== session) return;
    this.#running = undefined;
    this.#become(state, reason);
  }

  #become(state: MonitorState, reason?: string): void {
    this.#state = state;
    this.#reason = reason;
    this.#since = new Date();
    this.#context.onChange(this.status);
  }

  #next(change: () => Promise<void>): Promise<MonitorStatus> {
    const done = this.#change.then(change).then(() => this.status);
    this.#change = done.catch(() => undefined);
    return done;
  }
}
