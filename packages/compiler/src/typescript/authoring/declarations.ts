/** What a module declares while it runs at build time: the hosts of everything that its handlers use. */
import type {
  AttachTarget,
  AttachType,
  BudgetView,
  DecoderView,
  MapType,
  MetricType,
  ProgramType,
} from "@sonde/bpf/spec";
import type { Site } from "../prepare/registry.ts";
import type { Type } from "../types/type.ts";

/** What `monitor()` says. */
export interface MonitorInfo {
  readonly name: string;
  readonly help: string;
  readonly version?: string;
  readonly enabled: boolean;
  readonly budget?: BudgetView;
  readonly license: string;
}

/** `hash<K, V>()` and its like. The types are the call's type arguments. */
export class MapDeclaration {
  readonly kind = "map";
  readonly name: string;
  readonly type: MapType;
  readonly maxEntries: number;
  readonly site: Site;

  constructor(name: string, type: MapType, maxEntries: number, site: Site) {
    this.name = name;
    this.type = type;
    this.maxEntries = maxEntries;
    this.site = site;
  }

  get perCpu(): boolean {
    return this.type.includes("percpu");
  }
  /** Whether keys are indices that always exist. */
  get isArray(): boolean {
    return this.type === "array" || this.type === "percpu_array";
  }
}

/** `global<T>(initial)`: a variable that all handlers share. */
export class GlobalDeclaration {
  readonly kind = "global";
  readonly name: string;
  readonly initial: unknown;
  readonly site: Site;

  constructor(name: string, initial: unknown, site: Site) {
    this.name = name;
    this.initial = initial;
    this.site = site;
  }
}

/** `param()`: a global that users set. */
export class ParamDeclaration {
  readonly kind = "param";
  readonly name: string;
  readonly short: string | undefined;
  readonly help: string;
  readonly initial: number | bigint | boolean | string;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Bytes that a text may take. */
  readonly size: number;
  readonly site: Site;

  constructor(
    name: string,
    initial: number | bigint | boolean | string,
    options: {
      readonly help: string;
      readonly short?: string;
      readonly min?: number;
      readonly max?: number;
      readonly size: number;
    },
    site: Site,
  ) {
    this.name = name;
    this.initial = initial;
    this.help = options.help;
    this.short = options.short;
    this.min = options.min;
    this.max = options.max;
    this.size = options.size;
    this.site = site;
  }
}

/** One of `decode`: what the kernel keeps of a value, and how a reader makes text of it. */
export class Decoder {
  readonly raw: Type;
  readonly views: readonly DecoderView[];
  /** The intrinsic that gives the value where a handler does not. */
  readonly automatic: string | undefined;

  constructor(raw: Type, views: readonly DecoderView[], automatic?: string) {
    this.raw = raw;
    this.views = views;
    this.automatic = automatic;
  }
}

/** `decode.text` is a decoder, and `decode.text(64)` one of another size. */
export function decoderOf(value: unknown): Decoder | undefined {
  if (value instanceof Decoder) return value;
  const own = typeof value === "function" ? (value as { decoder?: unknown }).decoder : undefined;
  return own instanceof Decoder ? own : undefined;
}

export type Buckets =
  | { readonly kind: "exp2"; readonly least: number; readonly greatest: number }
  | { readonly kind: "linear"; readonly min: number; readonly max: number; readonly step: number }
  | { readonly kind: "fixed"; readonly bounds: readonly number[] };

/** The name of a stream, and of its field that has what a histogram counts. */
export interface Exemplars {
  readonly stream: string;
  readonly value: string;
}

export interface NamedDecoder {
  readonly name: string;
  readonly decoder: Decoder;
}

export class MetricDeclaration {
  readonly kind = "metric";
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string | undefined;
  readonly labels: readonly NamedDecoder[];
  readonly buckets: Buckets | undefined;
  readonly exemplars: Exemplars | undefined;
  readonly maxSeries: number;
  readonly site: Site;

  constructor(
    parts: {
      readonly name: string;
      readonly type: MetricType;
      readonly help: string;
      readonly unit: string | undefined;
      readonly labels: readonly NamedDecoder[];
      readonly buckets?: Buckets;
      readonly exemplars?: Exemplars;
      readonly maxSeries: number;
    },
    site: Site,
  ) {
    this.name = parts.name;
    this.type = parts.type;
    this.help = parts.help;
    this.unit = parts.unit;
    this.labels = parts.labels;
    this.buckets = parts.buckets;
    this.exemplars = parts.exemplars;
    this.maxSeries = parts.maxSeries;
    this.site = site;
  }
}

export class StreamDeclaration {
  readonly kind = "stream";
  readonly name: string;
  readonly help: string;
  readonly fields: readonly NamedDecoder[];
  readonly site: Site;

  constructor(name: string, help: string, fields: readonly NamedDecoder[], site: Site) {
    this.name = name;
    this.help = help;
    this.fields = fields;
    this.site = site;
  }
}

/** `timer()`: a function that runs after a while. */
export class TimerDeclaration {
  readonly kind = "timer";
  readonly name: string;
  readonly handler: unknown;
  readonly site: Site;

  constructor(name: string, handler: unknown, site: Site) {
    this.name = name;
    this.handler = handler;
    this.site = site;
  }
}

/** `structOps()`: functions are programs, the rest is data. */
export class StructOpsDeclaration {
  readonly kind = "structOps";
  readonly name: string;
  readonly struct: string;
  readonly members: Readonly<Record<string, unknown>>;
  readonly site: Site;

  constructor(name: string, struct: string, members: Readonly<Record<string, unknown>>, site: Site) {
    this.name = name;
    this.struct = struct;
    this.members = members;
    this.site = site;
  }

  /** What the program of a member is called. */
  titleOf(member: string): string {
    return `struct_ops:${this.name}:${member}`;
  }
}

/** What of the kernel a handler's argument shows. */
export type ArgumentKind =
  /** Fields of the event's record. */
  | { readonly kind: "record"; readonly category: string; readonly event: string }
  /** The tracepoint's arguments, typed by BTF. */
  | { readonly kind: "btfTracepoint"; readonly event: string }
  | { readonly kind: "rawTracepoint" }
  /** The function's arguments from a tracing program's context, and its result after it. */
  | { readonly kind: "function"; readonly function: string; readonly onReturn: boolean }
  /** The same from registers. */
  | { readonly kind: "registers"; readonly function: string | undefined; readonly onReturn: boolean }
  /** What an iterator goes over: absent at its end. */
  | { readonly kind: "iterator"; readonly target: string }
  /** A struct of pointers to the kernel's own structs. */
  | { readonly kind: "pointers"; readonly struct: string }
  /** A struct of the kernel's interface to programs, the same on every kernel. */
  | { readonly kind: "context"; readonly struct: string }
  /** A packet, between the two pointers that the context holds at these bytes. */
  | { readonly kind: "packet"; readonly start: number; readonly end: number; readonly struct: string }
  /** Of a static probe point: as parameters. */
  | { readonly kind: "usdt" }
  /** Of a function in a struct of functions: as parameters. */
  | { readonly kind: "structOps"; readonly struct: string; readonly member: string }
  | { readonly kind: "none" };

export interface ProbeDeclaration {
  /** "tracepoint:block:block_rq_issue". */
  readonly title: string;
  readonly programType: ProgramType;
  readonly attach: readonly AttachTarget[];
  readonly argument: ArgumentKind;
  readonly handler: unknown;
  readonly site: Site;
  /** What a handler that returns nothing answers to the kernel. */
  readonly verdict: number;
  /** Which answers the kernel takes; undefined where it takes none. */
  readonly verdicts?: readonly number[] | "any";
  readonly section?: string;
  readonly attachType?: AttachType;
  /** Reads through pointers without a tag are reads of the process. */
  readonly user: boolean;
  /** Parts of the attach target that parameters say. */
  readonly places?: Readonly<Record<string, ParamDeclaration>>;
}

/** Everything that one run of a module declared. */
export class Declarations {
  info: MonitorInfo | undefined;
  readonly maps: MapDeclaration[] = [];
  readonly globals: GlobalDeclaration[] = [];
  readonly params: ParamDeclaration[] = [];
  readonly metrics: MetricDeclaration[] = [];
  readonly streams: StreamDeclaration[] = [];
  readonly structOps: StructOpsDeclaration[] = [];
  readonly probes: ProbeDeclaration[] = [];
  readonly #names = new Set<string>();

  /** `wanted`, or with a number behind it: unique among the maps. */
  uniqueName(wanted: string): string {
    let name = wanted;
    for (let suffix = 2; this.#names.has(name); suffix++) name = `${wanted}_${suffix}`;
    this.#names.add(name);
    return name;
  }
}
