/**
 * Exemplars of a histogram: for each series and bucket the last event that fell into it, from the stream that
 * the monitor names. The kernel counts; the stream tells of some of what it counted, and may lose events.
 */
import type { MetricView } from "@sonde/bpf/spec";
import { type Buckets, type Exemplar, scaled } from "../exposition/family.ts";
import { renderLabels } from "../exposition/labels.ts";
import type { FieldValue } from "../streams/event.ts";
import type { EventObserver } from "../streams/hub.ts";

/** Label sets that are remembered; then all are forgotten, and come again with the next events. */
const MOST_SERIES = 1000;
/** Characters of an exemplar's names and values together, as OpenMetrics allows. */
const MOST_CHARACTERS = 128;

export class Exemplars {
  readonly #value: string;
  readonly #labels: readonly string[];
  readonly #buckets: Buckets;
  readonly #scale: number;
  readonly #found = new Map<string, (Exemplar | undefined)[]>();

  /** @param labels names of the metric's labels; fields of the same names tell which series an event belongs to */
  constructor(
    { value }: NonNullable<MetricView["exemplars"]>,
    labels: readonly string[],
    buckets: Buckets,
    scale: number,
  ) {
    this.#value = value;
    this.#labels = labels;
    this.#buckets = buckets;
    this.#scale = scale;
  }

  /** An event of the stream. What is no number is no observation. */
  observe({ names, fields, raw, time }: Parameters<EventObserver>[0]): void {
    const given = raw[names.indexOf(this.#value)];
    if (typeof given !== "number" && typeof given !== "bigint") return;
    const value = Number(given);
    const source = this.#buckets.source.findIndex((greatest) => value <= greatest);
    if (source < 0) return;
    const own = this.#labels.map((name) => String(fields[names.indexOf(name)] ?? ""));
    const series = renderLabels(this.#labels, own);
    let found = this.#found.get(series);
    if (found === undefined) {
      if (this.#found.size >= MOST_SERIES) this.#found.clear();
      this.#found.set(series, (found = []));
    }
    found[this.#buckets.index[source]!] = {
      labels: this.#rest(names, fields),
      value: scaled(value, this.#scale),
      time,
    };
  }

  /** Of a series by its rendered labels, in an exported bucket. */
  find(series: string, bucket: number): Exemplar | undefined {
    return this.#found.get(series)?.[bucket];
  }

  /** What the metric does not say already, as far as there is room. */
  #rest(names: readonly string[], values: readonly FieldValue[]): string {
    let room = MOST_CHARACTERS;
    const kept = names.flatMap((name, i) => {
      if (name === this.#value || this.#labels.includes(name)) return [];
      const text = String(values[i]);
      const size = [...name].length + [...text].length;
      if (size > room) return [];
      room -= size;
      return [{ name, text }];
    });
    return renderLabels(
      kept.map(({ name }) => name),
      kept.map(({ text }) => text),
    );
  }
}
