import type { Family, HistogramFamily, ScalarFamily } from "./family.ts";
import { escapeHelp } from "./labels.ts";

/** The two text formats that Prometheus asks for. */
export type ExpositionFormat = "prometheus" | "openmetrics";

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Characters gathered before a piece is handed on. */
const CHUNK = 64 * 1024;

/**
 * Families as text, in pieces of about 64 kB. A family without series still shows its help and
 * type, so that whoever writes a query finds it.
 */
export function* writeExposition(families: Iterable<Family>, format: ExpositionFormat): Generator<string> {
  let text = "";
  for (const family of families) {
    text += header(family, format);
    for (const line of family.type === "histogram" ? histogramLines(family) : scalarLines(family)) {
      text += line;
      if (text.length >= CHUNK) {
        yield text;
        text = "";
      }
    }
  }
  yield format === "openmetrics" ? `${text}# EOF\n` : text;
}

function header(family: Family, format: ExpositionFormat): string {
  const openMetrics = format === "openmetrics";
  // The older format names a counter's family as its samples are named.
  const name = family.type === "counter" && !openMetrics ? `${family.name}_total` : family.name;
  const unit = openMetrics && family.unit !== "" ? `# UNIT ${name} ${family.unit}\n` : "";
  return `# HELP ${name} ${escapeHelp(family.help, openMetrics)}\n# TYPE ${name} ${family.type}\n${unit}`;
}

function* scalarLines(family: ScalarFamily): Generator<string> {
  const name = family.type === "counter" ? `${family.name}_total` : family.name;
  for (const { labels, value } of family.series) {
    yield labels === "" ? `${name} ${formatNumber(value)}\n` : `${name}{${labels}} ${formatNumber(value)}\n`;
  }
}

function* histogramLines(family: HistogramFamily): Generator<string> {
  for (const { labels, counts, sum } of family.series) {
    const before = labels === "" ? "" : `${labels},`;
    const own = labels === "" ? "" : `{${labels}}`;
    let total = 0;
    let text = "";
    for (let i = 0; i < family.bounds.length; i++) {
      total += counts[i]!;
      text += `${family.name}_bucket{${before}le="${family.bounds[i]!}"} ${total}\n`;
    }
    total += counts[family.bounds.length]!;
    const sumLine = sum === undefined ? "" : `${family.name}_sum${own} ${formatNumber(sum)}\n`;
    yield `${text}${family.name}_bucket{${before}le="+Inf"} ${total}\n${sumLine}${family.name}_count${own} ${total}\n`;
  }
}

/** As both formats want floats: `+Inf`, `-Inf`, `NaN`, else JavaScript's shortest form. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
