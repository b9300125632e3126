/**
 * What an object says of itself as a monitor: which of its maps are metrics, which of its events are
 * streams, and what a user may set. Every front end writes it (the header of a script, the
 * declarations of a TypeScript module, the YAML beside an object of ebpf_exporter's), and everything
 * that shows a monitor reads it, so that neither knows of the other.
 */
import type { DataType } from "./manifest.ts";

export interface MonitorView {
  /** Letters, digits, `_` and `-`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** Whatever its author calls this version. */
  readonly version?: string;
  /** Whether an agent switches it on when it starts. */
  readonly enabled: boolean;
  readonly metrics: readonly MetricView[];
  readonly streams: readonly StreamView[];
  readonly params: readonly ParamView[];
  readonly budget?: BudgetView;
  /** Whose events count; everybody's if absent. */
  readonly filter?: FilterView;
  /** A map (u64 or a cgroup's descriptor -> u64 1) that is to hold the cgroups whose path matches one of the patterns. */
  readonly cgroupMap?: { readonly map: string; readonly patterns: readonly string[] };
}

/** All conditions that are given must hold, and of each any of its values. It is applied in the kernel. */
export interface FilterView {
  /** Process ids (tgid). */
  readonly pids?: readonly number[];
  /** Names of threads, 15 bytes at most. */
  readonly comms?: readonly string[];
  /** Paths from the hierarchy's root, "/system.slice/ssh.service"; what is below belongs to it. */
  readonly cgroups?: readonly string[];
  /** By name, or by id or at least the first twelve digits of it. */
  readonly containers?: readonly string[];
  /** "web-0", "shop/web-0", or by uid. */
  readonly pods?: readonly string[];
  /** Of the pod. */
  readonly namespaces?: readonly string[];
  /** Of the pod or of the container: all of them. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A map that is exported as a metric family. */
export interface MetricView {
  /** The MapView that holds it, by its name. */
  readonly map: string;
  /** As exported; formats add their own suffixes (`_total`, `_bucket`). */
  readonly name: string;
  readonly help: string;
  /** If absent: counts and sums are counters, hist and lhist histograms, all else gauges. */
  readonly type?: MetricType;
  /** What the program counts in, a key of {@link UNITS}; exported in the base unit. */
  readonly unit?: string;
  /** Each part of the map's key has one at least. */
  readonly labels: readonly LabelView[];
  /** Of a hist: the least and the greatest exported bound, in the program's unit. */
  readonly buckets?: { readonly min: number; readonly max: number };
  /** Of a histogram: which of the monitor's streams has its observations, and in which field, in the program's unit. */
  readonly exemplars?: { readonly stream: string; readonly value: string };
  /** Of a histogram whose buckets are entries of the map: the last part of the key, which then is no label, says which. */
  readonly slots?: SlotsView;
  /** Of a per-CPU map: the name of the label that tells the CPUs' values apart, which else are one. */
  readonly cpuLabel?: string;
  /** Exported without the suffix of its type, for those who know it by that name. */
  readonly bareName?: boolean;
  /** Milliseconds after which all its series begin anew. */
  readonly lifetime?: number;
}

/** Buckets by what stands in the key; `slots`, `upper` and `bounds` belong together, ascending. */
export interface SlotsView {
  readonly slots: readonly number[];
  /** Inclusive upper bounds, in the exported unit. */
  readonly upper: readonly number[];
  /** The same as they are written. */
  readonly bounds: readonly string[];
  /** The slot whose figure is the sum of all values, and what to multiply it with. */
  readonly sum: number;
  readonly scale: number;
}

export type MetricType = "counter" | "gauge" | "histogram";

export interface LabelView {
  readonly name: string;
  /** Which part of the key (which field of the event) it is made from; the one at its own position unless given. */
  readonly part?: number;
  /** Applied one after the other: the key's part, then what the one before made of it. Empty: as a sink prints it. */
  readonly decoders: readonly DecoderView[];
}

/** How bytes become text: a decoder's name and what it is told. */
export interface DecoderView {
  /** "text", "device", "cgroup", "container", "pod", "ksym", "syscall", ... */
  readonly name: string;
  /** Text by value, for decoders that look it up ("values"). */
  readonly values?: Readonly<Record<string, string>>;
  /** Regular expressions, for decoders that keep what matches ("regexp"). */
  readonly patterns?: readonly string[];
  /** The name of a label or annotation, for decoders that read one ("pod_label"). */
  readonly key?: string;
}

/** Events of one kind, read live. */
export interface StreamView {
  readonly name: string;
  readonly help: string;
  /** The EventView whose records carry it, by its id; its fields have the same order. */
  readonly event: number;
  readonly fields: readonly LabelView[];
}

/** A global variable of the programs that a user may set, before loading or while they run. */
export interface ParamView {
  readonly name: string;
  /** A letter or digit: what a command line may say for it. */
  readonly short?: string;
  readonly help: string;
  /** The data section's MapSpec, and the variable's byte in its value. */
  readonly map: string;
  readonly offset: number;
  /** An int, a bool or a string. */
  readonly type: DataType;
  /** Numbers beyond 2^53 as text. */
  readonly initial: number | boolean | string;
  readonly min?: number;
  readonly max?: number;
  /** Where programs are attached that it says: `field` of a program's attach target, see {@link PLACE_FIELDS}. */
  readonly places?: readonly PlaceView[];
}

export interface PlaceView {
  readonly program: string;
  /** Which of its attach targets. */
  readonly target: number;
  readonly field: string;
}

/** Parts of attach targets that a parameter may say: names and paths. */
export const PLACE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  kprobe: ["symbol"],
  uprobe: ["path", "symbol"],
  usdt: ["path", "provider", "name"],
  xdp: ["device"],
  tc: ["device"],
  cgroup: ["path"],
  lsm: ["path"],
};

/** What a monitor may cost before it is stopped. Absent parts: the agent's own limits. */
export interface BudgetView {
  /** Series of all its metrics together. */
  readonly series?: number;
  /** Share of one CPU, 0 to 1 and above. */
  readonly cpu?: number;
  /** Seconds after which a monitor that was stopped for its cost is tried again; absent: never by itself. */
  readonly comeBack?: number;
}

/** Units that a program may count in: the unit they are exported in, and what to multiply with. */
export const UNITS: Readonly<Record<string, { readonly base: string; readonly scale: number }>> = {
  nanoseconds: { base: "seconds", scale: 1e-9 },
  microseconds: { base: "seconds", scale: 1e-6 },
  milliseconds: { base: "seconds", scale: 1e-3 },
  seconds: { base: "seconds", scale: 1 },
  bytes: { base: "bytes", scale: 1 },
  kilobytes: { base: "bytes", scale: 1024 },
  sectors: { base: "bytes", scale: 512 },
};
