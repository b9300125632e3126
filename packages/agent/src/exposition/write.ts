/**
 * Families as text, in pieces of about 64 kB. A family without series still shows its help and type, so
 * that whoever writes a query finds it.
 */
import { Chunk } from "./chunk.ts";
import {
  type Exemplar,
  exportedCounts,
  type Family,
  type HistogramFamily,
  type ScalarFamily,
  scaled,
} from "./family.ts";
import { escapeHelp } from "./labels.ts";

/** The text formats that Prometheus asks for. */
export type TextFormat = "prometheus" | "openmetrics";

export interface TextOptions {
  readonly format: TextFormat;
  /** OpenMetrics only: a `_created` line for each counter and histogram. Servers take them for series of their own. */
  readonly created?: boolean;
}

/** Each piece is valid until the next one is asked for: the memory is used again. */
export function* writeExposition(families: Iterable<Family>, options: TextOptions): Generator<Uint8Array, void> {
  const chunk = new Chunk();
  for (const family of families) {
    chunk.text(header(family, options.format));
    if (chunk.full) yield chunk.take();
    yield* family.type === "histogram" ? histogramLines(family, options, chunk) : scalarLines(family, options, chunk);
  }
  if (options.format === "openmetrics") chunk.text("# EOF\n");
  if (chunk.length > 0) yield chunk.take();
}

function header(family: Family, format: TextFormat): string {
  const openMetrics = format === "openmetrics";
  // The older format names a counter's family as its samples are named.
  const name = openMetrics ? family.name : sampleName(family);
  // A counter whose samples do not end in _total is none to OpenMetrics.
  const type = openMetrics && family.bareName === true ? "unknown" : family.type;
  const unit = openMetrics && family.unit !== "" ? `# UNIT ${name} ${family.unit}\n` : "";
  return `# HELP ${name} ${escapeHelp(family.help, openMetrics)}\n# TYPE ${name} ${type}\n${unit}`;
}

function* scalarLines(family: ScalarFamily, options: TextOptions, chunk: Chunk): Generator<Uint8Array, void> {
  const { count, labels, rows, values, scale } = family;
  const name = sampleName(family);
  const [open, close, bare] = [ascii(`${name}{`), ascii("} "), ascii(`${name} `)];
  const created = createdText(family, options);
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    if (labels.length(row) === 0) chunk.bytes(bare);
    else {
      chunk.bytes(open);
      chunk.entry(labels, row);
      chunk.bytes(close);
    }
    chunk.number(scaled(values[i]!, scale));
    chunk.newline();
    if (created !== "") chunk.text(`${family.name}_created${braces(labels.text(row))} ${created}\n`);
    if (chunk.full) yield chunk.take();
  }
}

function* histogramLines(family: HistogramFamily, options: TextOptions, chunk: Chunk): Generator<Uint8Array, void> {
  const { name, count, labels, rows, sums, scale, buckets, exemplar } = family;
  const { bounds } = buckets;
  const [open, ownOpen] = [ascii(`${name}_bucket{`), ascii(`,le="`)];
  const bareLe = ascii(`le="`);
  const ends = [...bounds, "+Inf"].map((bound) => ascii(`${bound}"} `));
  const created = createdText(family, options);
  const exported = new Float64Array(ends.length);
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    const bare = labels.length(row) === 0;
    exportedCounts(family, i, exported);
    let total = 0;
    for (let bucket = 0; bucket < ends.length; bucket++) {
      total += exported[bucket]!;
      chunk.bytes(open);
      if (!bare) chunk.entry(labels, row);
      chunk.bytes(bare ? bareLe : ownOpen);
      chunk.bytes(ends[bucket]!);
      chunk.number(total);
      const seen = options.format === "openmetrics" ? exemplar?.(i, bucket) : undefined;
      if (seen !== undefined) chunk.text(exemplarText(seen));
      chunk.newline();
    }
    const own = bare ? "" : braces(labels.text(row));
    if (sums !== undefined) {
      chunk.text(`${name}_sum${own} `);
      chunk.number(scaled(sums[i]!, scale));
      chunk.newline();
    }
    chunk.text(`${name}_count${own} `);
    chunk.number(total);
    chunk.newline();
    if (created !== "") chunk.text(`${name}_created${own} ${created}\n`);
    if (chunk.full) yield chunk.take();
  }
}

/** Of counters and gauges. */
function sampleName({ type, name, bareName }: Family): string {
  return type === "counter" && bareName !== true ? `${name}_total` : name;
}

function createdText({ created, bareName }: Family, { format, created: wanted }: TextOptions): string {
  if (bareName === true) return "";
  return format === "openmetrics" && wanted === true && created !== undefined ? seconds(created) : "";
}

/** ` # {labels} value time`, after a bucket's count. */
function exemplarText({ labels, value, time }: Exemplar): string {
  return ` # {${labels}} ${value} ${seconds(time)}`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function braces(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
