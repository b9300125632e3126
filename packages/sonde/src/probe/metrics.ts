/** Metrics and streams: what a monitor tells. */
import { atBuildTime } from "./build-time.ts";
import type { Decoders, Given } from "./types.ts";

type NoDecoders = Readonly<Record<string, never>>;

/** What a program counts in; exported in Prometheus's base units, seconds and bytes. */
export type Unit = "nanoseconds" | "microseconds" | "milliseconds" | "seconds" | "bytes" | "kilobytes" | "sectors";

export interface MetricOptions<Labels> {
  readonly help?: string;
  readonly unit?: Unit;
  /** Names, each with a decoder: one series for each combination of their values. */
  readonly labels?: Labels;
  /** Series that fit; 4,096 unless given. What is added or observed for further ones goes to one whose labels are "other". */
  readonly maxSeries?: number;
}

/** What `exp2`, `linear` and `fixed` make. */
export interface Buckets {
  readonly kind: "exp2" | "linear" | "fixed";
}

/** A stream that tells of what a histogram counts, and its field with the value, in the metric's unit. */
export interface ExemplarSource {
  readonly from: object;
  readonly value: string;
}

export interface Counter<Labels> {
  /** Adds 1. */
  increment(...labels: Given<Labels>): void;
  add(amount: number, ...labels: Given<Labels>): void;
}

export interface Gauge<Labels> {
  set(value: number, ...labels: Given<Labels>): void;
  add(amount: number, ...labels: Given<Labels>): void;
  increment(...labels: Given<Labels>): void;
}

export interface Histogram<Labels> {
  observe(value: number, ...labels: Given<Labels>): void;
}

export interface Stream<Fields> {
  /** Sends an event to whoever listens; if there is no room, it is counted as lost. */
  emit(...fields: Given<Fields>): void;
}

export const counter: <Labels extends Decoders = NoDecoders>(
  name: string,
  options?: MetricOptions<Labels>,
) => Counter<Labels> = atBuildTime("counter");
export const gauge: <Labels extends Decoders = NoDecoders>(
  name: string,
  options?: MetricOptions<Labels>,
) => Gauge<Labels> = atBuildTime("gauge");
export const histogram: <Labels extends Decoders = NoDecoders>(
  name: string,
  options: MetricOptions<Labels> & { readonly buckets: Buckets; readonly exemplars?: ExemplarSource },
) => Histogram<Labels> = atBuildTime("histogram");
/** Buckets with the bounds 2^least to 2^greatest, in the metric's unit. */
export const exp2: (least: number, greatest: number) => Buckets = atBuildTime("exp2");
/** Buckets of one width from min to max, in the metric's unit. */
export const linear: (min: number, max: number, step: number) => Buckets = atBuildTime("linear");
/** Buckets with these upper bounds, in the metric's unit: a bound belongs to the bucket below it, as Prometheus has it. */
export const fixed: (...bounds: readonly number[]) => Buckets = atBuildTime("fixed");
export const stream: <Fields extends Decoders>(
  name: string,
  fields: Fields,
  options?: { readonly help?: string },
) => Stream<Fields> = atBuildTime("stream");

export interface ParamOptions {
  readonly help?: string;
  /** A letter or digit that `sonde run` takes for it, as in `-x`. */
  readonly short?: string;
  readonly min?: number;
  readonly max?: number;
  /** Bytes that a text may take; 64 unless given. */
  readonly size?: number;
}

/** As wide as the literals that stand for it. */
type Widened<T> = T extends number | bigint ? number : T extends boolean ? boolean : T extends string ? string : never;

/** A value that users set, before the monitor runs or while it does. */
export const param: <T extends number | bigint | boolean | string>(
  name: string,
  initial: T,
  options?: ParamOptions,
) => Widened<T> = atBuildTime("param");

export interface MonitorOptions {
  readonly help?: string;
  readonly version?: string;
  /** Whether an agent switches it on when it starts; true unless given. */
  readonly enabled?: boolean;
  /** What it may cost before an agent stops it. */
  readonly budget?: { readonly series?: number; readonly cpu?: number };
  /** Declared to the kernel; "GPL" unless given, without which some helpers are closed. */
  readonly license?: string;
}

/** Names the monitor. Once in each. */
export const monitor: (name: string, options?: MonitorOptions) => void = atBuildTime("monitor");
