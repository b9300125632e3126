/**
 * The configuration of ebpf_exporter: NAME.yaml beside NAME.bpf.o says which of the object's maps are metrics
 * and how their keys' bytes become labels. Its own names are kept, and what it would refuse is refused.
 */
import * as v from "valibot";

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const whole = v.pipe(v.number(), v.integer());
const size = v.pipe(whole, v.minValue(1, "a label's size is at least 1 byte"), v.maxValue(4096));
const metricName = v.pipe(
  v.string(),
  v.regex(METRIC_NAME, "a metric's name is a letter, _ or :, then letters, digits, _ or :"),
);

const DECODERS = [
  "cgroup",
  "dname",
  "errno",
  "hex",
  "ifname",
  "inet_ip",
  "kstack",
  "ksym",
  "majorminor",
  "pci_class",
  "pci_device",
  "pci_subclass",
  "pci_vendor",
  "regexp",
  "static_map",
  "string",
  "syscall",
  "uint",
] as const;

const decoder = v.strictObject({
  name: v.picklist(DECODERS, `a decoder is one of ${DECODERS.join(", ")}`),
  static_map: v.optional(
    v.record(v.string(), v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String))),
  ),
  allow_unknown: v.optional(v.boolean(), false),
  regexps: v.optional(v.array(v.string())),
});

const label = v.strictObject({
  name: v.pipe(v.string(), v.regex(LABEL_NAME, "a label's name is a letter or _, then letters, digits or _")),
  size,
  padding: v.optional(v.pipe(whole, v.minValue(0), v.maxValue(4096)), 0),
  decoders: v.pipe(v.array(decoder), v.minLength(1, "a label has at least one decoder"), v.maxLength(16)),
});
const labels = v.pipe(v.array(label), v.maxLength(64));

/** "10s", "1m30s", "500ms": Go's durations, as milliseconds. */
const duration = v.pipe(
  v.string(),
  v.regex(/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/, "a duration is a number with ms, s, m or h, such as 10s"),
  v.transform((text) => {
    const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
    let total = 0;
    for (const [, count = "", unit = ""] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) total += Number(count) * units[unit]!;
    return total;
  }),
);

const counter = v.strictObject({
  name: metricName,
  help: v.optional(v.string(), ""),
  perf_event_array: v.optional(v.boolean(), false),
  flush_interval: v.optional(duration),
  labels: v.optional(labels, []),
  /** The map's value is several u64, each a counter of its own. */
  values: v.optional(
    v.pipe(v.array(v.strictObject({ name: metricName, help: v.optional(v.string(), "") })), v.maxLength(64)),
  ),
});

const histogram = v.pipe(
  v.strictObject({
    name: metricName,
    help: v.optional(v.string(), ""),
    bucket_type: v.picklist(["exp2", "exp2zero", "linear", "fixed"]),
    bucket_min: v.optional(v.pipe(whole, v.minValue(0)), 0),
    bucket_max: v.optional(v.pipe(whole, v.minValue(0)), 0),
    bucket_keys: v.optional(v.pipe(v.array(v.pipe(whole, v.minValue(0))), v.maxLength(4096)), []),
    bucket_multiplier: v.optional(v.number(), 1),
    labels: v.pipe(labels, v.minLength(1, "the last label of a histogram is the bucket")),
  }),
  v.check(
    ({ bucket_type, bucket_keys }) => bucket_type !== "fixed" || bucket_keys.length > 0,
    "fixed buckets need bucket_keys",
  ),
  v.check(
    ({ bucket_type, bucket_min, bucket_max }) => bucket_type === "fixed" || bucket_max - bucket_min < 4096,
    "more than 4096 buckets are not exported",
  ),
  v.check(
    ({ bucket_type, bucket_min, bucket_max }) => bucket_type === "fixed" || bucket_max >= bucket_min,
    "bucket_max is less than bucket_min",
  ),
);

const cgroupIdMap = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1)),
  type: v.optional(v.string()),
  regexps: v.pipe(v.array(v.string()), v.minLength(1)),
});

const config = v.pipe(
  v.strictObject({
    metrics: v.optional(
      v.strictObject({ counters: v.optional(v.array(counter), []), histograms: v.optional(v.array(histogram), []) }),
      { counters: [], histograms: [] },
    ),
    tracing: v.optional(v.looseObject({ spans: v.optional(v.array(v.looseObject({})), []) })),
    kaddrs: v.optional(v.array(v.pipe(v.string(), v.minLength(1))), []),
    cgroup_id_map: v.optional(cgroupIdMap),
  }),
);

export interface ExporterConfig {
  readonly metrics: { readonly counters: readonly CounterConfig[]; readonly histograms: readonly HistogramConfig[] };
  readonly tracing?: { readonly spans: readonly unknown[] } | undefined;
  readonly kaddrs: readonly string[];
  readonly cgroup_id_map?:
    | { readonly name: string; readonly type?: string | undefined; readonly regexps: readonly string[] }
    | undefined;
}

export interface CounterConfig {
  readonly name: string;
  readonly help: string;
  readonly perf_event_array: boolean;
  /** Milliseconds. */
  readonly flush_interval?: number | undefined;
  readonly labels: readonly LabelConfig[];
  readonly values?: readonly { readonly name: string; readonly help: string }[] | undefined;
}

export interface HistogramConfig {
  readonly name: string;
  readonly help: string;
  readonly bucket_type: "exp2" | "exp2zero" | "linear" | "fixed";
  readonly bucket_min: number;
  readonly bucket_max: number;
  readonly bucket_keys: readonly number[];
  readonly bucket_multiplier: number;
  readonly labels: readonly LabelConfig[];
}

export interface LabelConfig {
  readonly name: string;
  /** Bytes, without the padding behind. */
  readonly size: number;
  readonly padding: number;
  readonly decoders: readonly DecoderConfig[];
}

export interface DecoderConfig {
  readonly name: (typeof DECODERS)[number];
  readonly static_map?: Readonly<Record<string, string>> | undefined;
  readonly allow_unknown: boolean;
  readonly regexps?: readonly string[] | undefined;
}

export interface ConfigIssue {
  readonly message: string;
  /** Keys and indices from the outside in. */
  readonly path: readonly (string | number)[];
}

/** Check what the YAML held. */
export function checkConfig(input: unknown): { readonly config: ExporterConfig } | { readonly issue: ConfigIssue } {
  const result = v.safeParse(config, input);
  if (result.success) return { config: result.output };
  const [first] = result.issues;
  return { issue: { message: first.message, path: (first.path ?? []).map(({ key }) => key as string | number) } };
}
