import { UNITS } from "@sonde/bpf/spec";
import { DECODERS } from "@sonde/runtime/decoders";
import * as v from "valibot";

/**
 * What a monitor says about itself, in YAML between two `---` lines of its first comment:
 *
 *     help: Run-queue latency
 *     metrics:
 *       - map: "@latency"
 *         name: sonde_run_queue_latency_seconds
 *         help: How long runnable tasks waited for a CPU
 *         unit: nanoseconds
 *         buckets: { min: 1024, max: 17179869184 }
 *         labels: [comm]
 *
 * Maps that are not named here are the monitor's own business.
 */

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
/** Added by the formats themselves, or to every series by the server. */
const RESERVED_LABELS = new Set(["le", "quantile"]);

const labelName = v.pipe(
  v.string(),
  v.regex(LABEL_NAME, "a label's name is a letter or _, then letters, digits or _"),
  v.check((name) => !RESERVED_LABELS.has(name) && !name.startsWith("__"), "this label's name is reserved"),
);

const decoderName = v.pipe(
  v.string(),
  v.check((name) => Object.hasOwn(DECODERS, name), `a decoder is one of ${Object.keys(DECODERS).join(", ")}`),
);

/** A bare name is short for `{ name: ... }`. */
const label = v.pipe(
  v.unknown(),
  v.transform((input) => (typeof input === "string" ? { name: input } : input)),
  v.strictObject({
    name: labelName,
    /** Which part of the key, from 1; the one at the label's own place unless given. */
    part: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    /** How the key's part becomes text: decoders by name, one after the other. */
    decode: v.optional(
      v.pipe(
        v.union([decoderName, v.pipe(v.array(decoderName), v.maxLength(8))]),
        v.transform((names) => (typeof names === "string" ? [names] : names)),
      ),
      [],
    ),
    /** Text by value; values that are not here stay as they are. */
    values: v.optional(v.record(v.string(), v.string())),
    /** Regular expressions: only series whose value matches one of them are kept. */
    patterns: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(100))),
    /** Of decoders that read one: the name of a pod's or container's label. */
    key: v.optional(v.string()),
  }),
);

const metric = v.strictObject({
  map: v.pipe(v.string(), v.regex(/^@\w*$/, 'a map as the script names it, such as "@latency"')),
  name: v.pipe(v.string(), v.regex(METRIC_NAME, "a metric's name is a letter, _ or :, then letters, digits, _ or :")),
  help: v.pipe(v.string(), v.minLength(1)),
  type: v.optional(v.picklist(["counter", "gauge", "histogram"])),
  unit: v.optional(v.picklist(Object.keys(UNITS))),
  labels: v.optional(v.pipe(v.array(label), v.maxLength(16)), []),
  /** In the unit that the program counts in. Values below the least and above the greatest bound are gathered there. */
  buckets: v.optional(
    v.strictObject({ min: v.pipe(v.number(), v.minValue(0)), max: v.pipe(v.number(), v.minValue(1)) }),
  ),
  /** Of a histogram: the stream that tells of what it counts, and the field with the value. */
  exemplars: v.optional(v.strictObject({ from: v.string(), value: v.string() })),
});

const stream = v.strictObject({
  name: v.pipe(v.string(), v.regex(LABEL_NAME, "a stream's name is a letter or _, then letters, digits or _")),
  help: v.pipe(v.string(), v.minLength(1)),
  /** What the format of its printf() begins with. */
  printf: v.pipe(v.string(), v.minLength(1)),
  /** One for each value that the printf() prints. */
  fields: v.pipe(v.array(label), v.minLength(1), v.maxLength(64)),
});

/** One value or a list of them. */
const word = v.pipe(v.string(), v.minLength(1));
const words = v.optional(
  v.pipe(
    v.union([word, v.pipe(v.array(word), v.minLength(1), v.maxLength(64))]),
    v.transform((value) => [value].flat()),
  ),
);
const pid = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0x7fffffff));
const pids = v.optional(
  v.pipe(
    v.union([pid, v.pipe(v.array(pid), v.minLength(1), v.maxLength(64))]),
    v.transform((value) => [value].flat()),
  ),
);

const filter = v.strictObject({
  pid: pids,
  comm: words,
  cgroup: words,
  container: words,
  pod: words,
  namespace: words,
  labels: v.optional(v.record(v.string(), v.string())),
});

const budget = v.strictObject({
  /** Label sets of all metrics together. */
  series: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000_000))),
  /** Share of one CPU. */
  cpu: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1024))),
  /** Seconds. */
  come_back: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(86_400))),
});

const param = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a parameter's name has letters, digits and _")),
  help: v.pipe(v.string(), v.minLength(1)),
  min: v.optional(v.pipe(v.number(), v.integer())),
  max: v.optional(v.pipe(v.number(), v.integer())),
});

const definition = v.strictObject({
  help: v.pipe(v.string(), v.minLength(1)),
  version: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String))),
  enabled: v.optional(v.boolean(), true),
  metrics: v.pipe(v.array(metric), v.minLength(1, "name at least one metric"), v.maxLength(100)),
  streams: v.optional(v.pipe(v.array(stream), v.maxLength(100)), []),
  params: v.optional(v.pipe(v.array(param), v.maxLength(100)), []),
  budget: v.optional(budget),
  /** Whose events count, decided in the kernel. */
  filter: v.optional(filter),
});

export interface Definition {
  readonly help: string;
  readonly version?: string | undefined;
  /** Switched on when the agent starts. */
  readonly enabled: boolean;
  readonly metrics: readonly MetricDefinition[];
  readonly streams: readonly StreamDefinition[];
  readonly params: readonly ParamDefinition[];
  readonly budget?:
    | {
        readonly series?: number | undefined;
        readonly cpu?: number | undefined;
        readonly come_back?: number | undefined;
      }
    | undefined;
  readonly filter?: FilterDefinition | undefined;
}

export interface FilterDefinition {
  readonly pid?: readonly number[] | undefined;
  readonly comm?: readonly string[] | undefined;
  readonly cgroup?: readonly string[] | undefined;
  readonly container?: readonly string[] | undefined;
  readonly pod?: readonly string[] | undefined;
  readonly namespace?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** More of an option of the script than its getopt() says. */
export interface ParamDefinition {
  readonly name: string;
  readonly help: string;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

export interface MetricDefinition {
  readonly map: string;
  readonly name: string;
  readonly help: string;
  readonly type?: "counter" | "gauge" | "histogram" | undefined;
  /** A key of {@link UNITS}. */
  readonly unit?: string | undefined;
  readonly labels: readonly LabelDefinition[];
  readonly buckets?: { readonly min: number; readonly max: number } | undefined;
  readonly exemplars?: { readonly from: string; readonly value: string } | undefined;
}

/** Lines of the script that are events: their values by name. */
export interface StreamDefinition {
  readonly name: string;
  readonly help: string;
  readonly printf: string;
  readonly fields: readonly LabelDefinition[];
}

export interface LabelDefinition {
  readonly name: string;
  readonly part?: number | undefined;
  readonly decode: readonly string[];
  readonly values?: Readonly<Record<string, string>> | undefined;
  readonly patterns?: readonly string[] | undefined;
  readonly key?: string | undefined;
}

/** What is wrong with a definition, and where in it: keys and indices from the outside in. */
export interface DefinitionIssue {
  readonly message: string;
  readonly path: readonly (string | number)[];
}

/** Check what the YAML held. */
export function checkDefinition(
  input: unknown,
): { readonly definition: Definition } | { readonly issue: DefinitionIssue } {
  const result = v.safeParse(definition, input);
  if (result.success) return { definition: result.output };
  const first = result.issues[0];
  return { issue: { message: first.message, path: (first.path ?? []).map((item) => item.key as string | number) } };
}
