import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Target } from "@sonde/bpf/spec";
import { compileScript } from "@sonde/compiler";
import { render } from "@sonde/compiler/diagnostics";
import type { Kernel } from "@sonde/kernel/sys";
import { Session, type SessionOptions } from "@sonde/runtime";
import type { Family } from "../exposition/family.ts";
import type { Definition } from "./definition.ts";
import { readHeader } from "./header.ts";
import { metricReader, type MetricReader } from "./metrics.ts";
import { silentSink } from "./silent-sink.ts";
import type { MonitorState, MonitorStatus } from "./status.ts";

export interface MonitorContext {
  readonly kernel: Kernel;
  readonly target: Target;
  /** Told of every change of state. */
  readonly onChange: (status: MonitorStatus) => void;
}

interface Running {
  readonly session: Session;
  readonly readers: readonly MetricReader[];
}

/** Scripts larger than this are no monitors. */
const MAX_SOURCE = 1024 * 1024;
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
  #definition: Definition | undefined;
  #state: MonitorState = "off";
  #reason: string | undefined;
  #since: Date = new Date();
  #running: Running | undefined;
  /** The last change asked for; the next one waits for it. */
  #change: Promise<unknown> = Promise.resolve();

  constructor(file: string, context: MonitorContext) {
    this.#file = file;
    this.name = basename(file, ".bt");
    this.#context = context;
  }

  get status(): MonitorStatus {
    return {
      name: this.name,
      help: this.#definition?.help ?? "",
      state: this.#state,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      since: this.#since.toISOString(),
      metrics: this.#definition?.metrics.map((metric) => metric.name) ?? [],
      lost: this.#running?.session.losses() ?? NOTHING_LOST,
    };
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
      return await this.#readSource();
    } catch (error) {
      this.#become("failed", error instanceof Error ? error.message : String(error));
      return { enabled: false };
    }
  }

  /** The metrics as of now; none while it is not on. */
  families(): Family[] {
    if (this.#running === undefined) return [];
    const { session, readers } = this.#running;
    const readings = new Map(session.readMaps().map((reading) => [reading.view.name, reading]));
    return readers.map((reader) => reader.read(readings.get(reader.map)!));
  }

  async #readSource(): Promise<Definition & { readonly text: string }> {
    const text = await readFile(this.#file, "utf8");
    if (text.length > MAX_SOURCE) throw new Error(`${this.#file} is larger than ${MAX_SOURCE} bytes`);
    this.#definition = readHeader(basename(this.#file), text);
    return { ...this.#definition, text };
  }

  async #start(): Promise<Running> {
    const { kernel, target } = this.#context;
    const { text, metrics } = await this.#readSource();
    const source = { name: basename(this.#file), text };
    const { spec, diagnostics } = compileScript(source, target, { name: this.name, histogramTotals: true });
    if (spec === undefined)
      throw new Error(
        diagnostics
          .filter((d) => d.severity === "error")
          .map((d) => render(d, source))
          .join(""),
      );
    const readers = metrics.map((metric) => metricReader(metric, spec.manifest.maps));
    const options: SessionOptions = {
      kernel,
      vmlinux: () => target.btf,
      sink: () => silentSink,
      printMapsOnExit: false,
    };
    const session = await Session.start(spec, options);
    void session.ended.then(
      ({ reason }) => this.#over(session, `the script ended itself (${reason})`, "off"),
      (error: unknown) => this.#over(session, error instanceof Error ? error.message : String(error), "failed"),
    );
    return { session, readers };
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
