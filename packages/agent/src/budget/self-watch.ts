/**
 * What the agent itself costs, held against its limits. Over its memory, it collects its garbage at once. Over a
 * limit for ten seconds, it stops what it can do without (economy); ten seconds later, and every ten after that, the
 * monitor that makes it work most is tripped. Below both limits for a minute, it does everything again.
 */

/** A monitor as far as the agent's own work goes. */
export interface Burden {
  readonly name: string;
  /** Series that it exports and events that it had the agent read, since the last look. */
  burden(): { readonly series: number; readonly events: number };
  trip(reason: string): Promise<unknown>;
}

export interface SelfLimits {
  /** Bytes of resident memory. */
  readonly memory: number;
  /** Share of one CPU. */
  readonly cpu: number;
}

export interface SelfUsage {
  readonly memory: number;
  readonly cpu: number;
}

export interface SelfWatchOptions {
  readonly limits: SelfLimits;
  readonly monitors: () => Iterable<Burden>;
  /** Told to stop, or to take up again, what the agent can do without. */
  readonly economize: (on: boolean, reason: string) => void;
  /** Told to collect garbage. */
  readonly collect: () => void;
  /** For tests. */
  readonly usage?: () => { readonly at: number; readonly cpu: number; readonly memory: number };
}

/** Milliseconds between looks, and looks until something is done or undone. */
const PERIOD = 5000;
const PATIENCE = 2;
const CALM = 12;

export class SelfWatch {
  readonly #options: SelfWatchOptions;
  readonly #usage: () => { readonly at: number; readonly cpu: number; readonly memory: number };
  #timer: NodeJS.Timeout | undefined;
  #last: { readonly at: number; readonly cpu: number };
  #over: number = 0;
  #calm: number = 0;
  /** Whether it does without what it can do without. */
  economy: boolean = false;

  constructor(options: SelfWatchOptions) {
    this.#options = options;
    this.#usage = options.usage ?? usage;
    this.#last = this.#usage();
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), PERIOD);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const { at, cpu, memory } = this.#usage();
    const share = (cpu - this.#last.cpu) / Math.max(at - this.#last.at, 1);
    this.#last = { at, cpu };
    const reason = this.#excess({ memory, cpu: share });
    if (reason === undefined) return this.#relax();
    this.#calm = 0;
    this.#over++;
    if (this.#over < PATIENCE) {
      if (reason.of === "memory") this.#options.collect();
      return;
    }
    this.#over = 0;
    if (!this.economy) this.#economize(true, reason.text);
    else this.#tripHeaviest(reason);
  }

  #excess({ memory, cpu }: SelfUsage): { readonly text: string; readonly of: "memory" | "cpu" } | undefined {
    const { limits } = this.#options;
    if (memory > limits.memory)
      return {
        of: "memory",
        text: `the agent has ${megabytes(memory)} of memory; its limit is ${megabytes(limits.memory)}`,
      };
    if (cpu > limits.cpu)
      return { of: "cpu", text: `the agent took ${percent(cpu)} of a CPU; its limit is ${percent(limits.cpu)}` };
    return undefined;
  }

  #relax(): void {
    this.#over = 0;
    if (!this.economy || ++this.#calm < CALM) return;
    this.#calm = 0;
    this.#economize(false, "the agent is below its limits again");
  }

  #economize(on: boolean, reason: string): void {
    this.economy = on;
    this.#options.economize(on, reason);
  }

  #tripHeaviest({ text, of }: { readonly text: string; readonly of: "memory" | "cpu" }): void {
    let heaviest: Burden | undefined;
    let most = 0;
    for (const monitor of this.#options.monitors()) {
      const { series, events } = monitor.burden();
      const weight = of === "memory" ? series : events + series;
      if (weight <= most) continue;
      heaviest = monitor;
      most = weight;
    }
    void heaviest?.trip(
      `${text}, and this monitor makes it work most (${most} ${of === "memory" ? "series" : "events and series"})`,
    );
  }
}

function usage(): { readonly at: number; readonly cpu: number; readonly memory: number } {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), cpu: (user + system) / 1000, memory: process.memoryUsage.rss() };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
