/**
 * What monitors cost, held against their budgets.
 *
 * The kernel counts how often and how long each program runs, but counting makes each run some 80 ns longer.
 * So it is switched on for short windows only: a tenth of a second every two seconds, a little earlier or later so
 * that nobody's own period hides behind it. What a window measures is a share of one CPU. A monitor that is over
 * its budget is looked at again at once; if it stays there it is tripped, within four seconds of the first event.
 */
import { enableStatistics, type FileDescriptor, type Kernel } from "@sonde/kernel/sys";
import type { MonitorCost } from "../monitor/status.ts";

/** A monitor as far as its cost goes. */
export interface Costly {
  readonly name: string;
  /** Share of one CPU. */
  readonly cpuBudget: number;
  /** Since its programs were loaded, counted while statistics are on; undefined while nothing runs. */
  statistics(): { readonly runs: number; readonly nanoseconds: number } | undefined;
  cost: MonitorCost | undefined;
  trip(reason: string): Promise<unknown>;
}

export interface CostWatchOptions {
  readonly kernel: Kernel;
  readonly monitors: () => Iterable<Costly>;
  /** Told once if this kernel or this process cannot count. */
  readonly warn: (message: string) => void;
}

/** Milliseconds. */
const WINDOW = 100;
const PERIOD = 2000;
const PERIOD_WHEN_OVER = 300;
/** Windows in a row over the budget: a burst is none. */
const STRIKES = 3;

interface Sample {
  readonly at: bigint;
  readonly statistics: ReadonlyMap<Costly, { readonly runs: number; readonly nanoseconds: number }>;
}

export class CostWatch {
  readonly #options: CostWatchOptions;
  readonly #strikes = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #counting: FileDescriptor | undefined;

  constructor(options: CostWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#later(PERIOD);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#counting?.close();
    this.#counting = undefined;
  }

  #later(milliseconds: number): void {
    const jitter = 0.75 + Math.random() / 2;
    this.#timer = setTimeout(() => this.#open(), milliseconds * jitter);
    this.#timer.unref();
  }

  /** Begins a window; where nothing runs there is nothing to count. */
  #open(): void {
    const before = this.#sample();
    if (before.statistics.size === 0) return this.#later(PERIOD);
    try {
      this.#counting = enableStatistics(this.#options.kernel);
    } catch (error) {
      return this.#options.warn(`cost budgets are not enforced: ${(error as Error).message}`);
    }
    this.#timer = setTimeout(() => this.#close(before), WINDOW);
    this.#timer.unref();
  }

  #close(before: Sample): void {
    const after = this.#sample();
    this.#counting?.close();
    this.#counting = undefined;
    let over = false;
    for (const [monitor, { runs, nanoseconds }] of after.statistics) {
      const earlier = before.statistics.get(monitor);
      if (earlier === undefined) continue;
      const cost = costOf(runs - earlier.runs, nanoseconds - earlier.nanoseconds, Number(after.at - before.at));
      monitor.cost = cost;
      if (this.#judge(monitor, cost)) over = true;
    }
    this.#later(over ? PERIOD_WHEN_OVER : PERIOD);
  }

  #sample(): Sample {
    const statistics = new Map<Costly, { readonly runs: number; readonly nanoseconds: number }>();
    for (const monitor of this.#options.monitors()) {
      const own = monitor.statistics();
      if (own !== undefined) statistics.set(monitor, own);
    }
    return { at: process.hrtime.bigint(), statistics };
  }

  /** Whether it is over its budget and has not been tripped yet. */
  #judge(monitor: Costly, { cpu, eventsPerSecond, nanosecondsPerEvent }: MonitorCost): boolean {
    const strikes = cpu > monitor.cpuBudget ? (this.#strikes.get(monitor.name) ?? 0) + 1 : 0;
    this.#strikes.set(monitor.name, strikes);
    if (strikes < STRIKES) return strikes > 0;
    this.#strikes.delete(monitor.name);
    const what = `${Math.round(eventsPerSecond)} events a second of ${Math.round(nanosecondsPerEvent)} ns`;
    void monitor.trip(`it took ${percent(cpu)} of a CPU (${what}); its budget is ${percent(monitor.cpuBudget)}`);
    return false;
  }
}

function costOf(runs: number, nanoseconds: number, elapsed: number): MonitorCost {
  return {
    cpu: Math.max(nanoseconds, 0) / elapsed,
    eventsPerSecond: (Math.max(runs, 0) * 1e9) / elapsed,
    nanosecondsPerEvent: runs > 0 ? nanoseconds / runs : 0,
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 0)}%`;
}
