import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { MonitorView } from "@sonde/bpf/spec";
import type { Family } from "./exposition/family.ts";
import { type AgentFace, UnknownMonitorError } from "./http/agent-face.ts";
import { Monitor, type MonitorContext } from "./monitor/monitor.ts";
import { monitorOfFile } from "./monitor/sources/index.ts";
import type { MonitorStatus } from "./monitor/status.ts";
import { selfFamilies } from "./self.ts";

/** Every monitor of a directory: the agent's state, as its HTTP face sees it. */
export class Monitors implements AgentFace {
  readonly #monitors: ReadonlyMap<string, Monitor>;
  readonly #version: string;
  #ready = false;

  /** @throws {Error} the directory cannot be read */
  constructor(directory: string, version: string, context: MonitorContext) {
    const files = readFiles(directory);
    this.#monitors = new Map(
      files.map((file) => new Monitor(join(directory, file), context)).map((monitor) => [monitor.name, monitor]),
    );
    this.#version = version;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /**
   * Switch on what is to be on: those named in `only`, else those that do not say otherwise.
   * @throws {UnknownMonitorError} a name in `only` that is no monitor's
   */
  async start(only: readonly string[] | undefined): Promise<void> {
    for (const name of only ?? []) this.#find(name);
    // One after the other: loading is work, and the machine has other things to do.
    for (const monitor of this.#monitors.values()) {
      const { enabled } = await monitor.describe();
      if (only === undefined ? enabled : only.includes(monitor.name)) await monitor.enable();
    }
    this.#ready = true;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#monitors.values()].map((monitor) => monitor.disable()));
  }

  list(): readonly MonitorStatus[] {
    return [...this.#monitors.values()].map((monitor) => monitor.status);
  }

  /** What the monitors that are on say of themselves. */
  views(): readonly MonitorView[] {
    return [...this.#monitors.values()].flatMap((monitor) => monitor.view ?? []);
  }

  async enable(name: string): Promise<MonitorStatus> {
    return await this.#find(name).enable();
  }

  async disable(name: string): Promise<MonitorStatus> {
    return await this.#find(name).disable();
  }

  *families(): Generator<Family> {
    const started = performance.now();
    const seen = new Set<string>();
    for (const monitor of this.#monitors.values()) {
      for (const family of monitor.families()) {
        // Two monitors that export the same name would make the whole exposition invalid.
        if (!seen.has(family.name)) yield family;
        seen.add(family.name);
      }
    }
    yield* selfFamilies(this.list(), this.#version, started);
  }

  #find(name: string): Monitor {
    const monitor = this.#monitors.get(name);
    if (monitor === undefined) throw new UnknownMonitorError(name, [...this.#monitors.keys()]);
    return monitor;
  }
}

function readFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((file) => monitorOfFile(file) !== undefined)
      .sort();
  } catch (error) {
    throw new Error(`cannot read the directory of monitors: ${(error as Error).message}`, { cause: error });
  }
}
