/** Every metric of a running monitor. */
import type { MapView, MetricView } from "@sonde/bpf/spec";
import { type Other, readOther } from "@sonde/kernel/maps";
import { type DecoderContext, Labels } from "@sonde/runtime/decoders";
import type { Family } from "../exposition/family.ts";
import type { MonitorFigures } from "../monitor/figures.ts";
import type { Steps } from "../turns.ts";
import type { EventObserver } from "../streams/hub.ts";
import { Lifetime } from "./lifetime.ts";
import { metricReader, MetricMismatchError, type MetricReader } from "./reader.ts";

export class MonitorMetrics {
  readonly #figures: MonitorFigures;
  readonly #metrics: readonly {
    readonly map: MapView;
    readonly stream: string | undefined;
    readonly reader: MetricReader;
    readonly lifetime?: Lifetime;
  }[];

  readonly #observers = new Map<string, EventObserver>();

  /** @throws {MetricMismatchError} a metric whose map does not exist or does not fit it */
  constructor(figures: MonitorFigures, context: DecoderContext = {}) {
    const { view, maps } = figures;
    this.#figures = figures;
    this.#metrics = view.metrics.map((metric) => {
      const map = maps.find(({ name }) => name === metric.map);
      if (map === undefined) {
        const there = maps.map(({ name }) => name).join(", ") || "none";
        throw new MetricMismatchError(`metric ${metric.name}: there is no map ${metric.map}; there are ${there}`);
      }
      const labels = labelsOf(metric, labelParts(metric, map), context);
      const lifetime = metric.lifetime === undefined ? undefined : new Lifetime(metric.lifetime);
      const reader = metricReader(metric, map, labels, view.name);
      return { map, stream: metric.exemplars?.stream, reader, ...(lifetime && { lifetime }) };
    });
    for (const { stream, reader } of this.#metrics) {
      const { exemplars } = reader;
      if (stream === undefined || exemplars === undefined) continue;
      const before = this.#observers.get(stream);
      this.#observers.set(stream, (event) => {
        before?.(event);
        exemplars.observe(event);
      });
    }
  }

  /** Whom to tell of the events of a stream; undefined when no metric wants them. */
  observer(stream: string): EventObserver | undefined {
    return this.#observers.get(stream);
  }

  /** As of now. Errors: KernelError of the look-ups. */
  *families(): Steps<Family[]> {
    const figures = this.#figures;
    // Another version may come between two steps: its maps are another reading's.
    const metrics = this.#metrics.map(({ map, reader, lifetime }) => ({
      reader,
      lifetime,
      live: figures.map(map.map),
      created: figures.created(map.map),
      other: this.#other(map),
    }));
    const families: Family[] = [];
    for (const { reader, lifetime, live, created, other } of metrics)
      families.push(yield* reader.read(live, lifetime?.begin(live, created) ?? created, other));
    return families;
  }

  /** How often a key found its map full, over all maps. */
  overflows(): number {
    return this.#metrics.reduce((sum, { map }) => sum + (this.#other(map)?.count ?? 0), 0);
  }

  #other({ other }: MapView): Other | undefined {
    return other && readOther(this.#figures.map(other.map), other);
  }
}

/** Parts of the key that are labels: not the bucket, but the CPU that is put behind. */
function labelParts({ slots, cpuLabel }: MetricView, { keys }: MapView): number {
  return keys.length - (slots === undefined ? 0 : 1) + (cpuLabel === undefined ? 0 : 1);
}

function labelsOf({ name, labels, map }: MetricView, parts: number, context: DecoderContext): Labels {
  try {
    return new Labels(labels, parts, context);
  } catch (error) {
    throw new MetricMismatchError(`metric ${name}: ${map}: ${(error as Error).message}`, { cause: error });
  }
}
