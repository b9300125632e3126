/** What a scrape asks for by its Accept header, and how it is then called. */
export type ExpositionFormat = "prometheus" | "openmetrics" | "protobuf";

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  protobuf: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
};

/** Of formats that are wanted equally the richer one is taken. */
const RICHEST_FIRST: readonly ExpositionFormat[] = ["protobuf", "openmetrics", "prometheus"];

/**
 * The format that an Accept header gives the greatest weight; the older text format for everything else
 * (also for no header at all). Prometheus asks for protobuf when it wants native histograms.
 */
export function negotiate(accept: string | undefined): ExpositionFormat {
  const weights = { protobuf: 0, openmetrics: 0, prometheus: 0 };
  for (const range of (accept ?? "").toLowerCase().split(",").slice(0, 32)) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const format = formatOf(type, parameters);
    if (format !== undefined) weights[format] = Math.max(weights[format], quality(parameters));
  }
  const best = Math.max(...Object.values(weights));
  return (best > 0 && RICHEST_FIRST.find((format) => weights[format] === best)) || "prometheus";
}

function formatOf(type: string, parameters: readonly string[]): ExpositionFormat | undefined {
  switch (type) {
    case "text/plain":
    case "text/*":
      return "prometheus";
    case "application/openmetrics-text":
      return [undefined, "1.0.0", "0.0.1"].includes(parameter(parameters, "version")) ? "openmetrics" : undefined;
    case "application/vnd.google.protobuf": {
      const message = parameter(parameters, "proto");
      const encoding = parameter(parameters, "encoding");
      return message === "io.prometheus.client.metricfamily" && encoding === "delimited" ? "protobuf" : undefined;
    }
    default:
      return undefined;
  }
}

function quality(parameters: readonly string[]): number {
  const q = Number(parameter(parameters, "q") ?? "1");
  return q >= 0 && q <= 1 ? q : 0;
}

function parameter(parameters: readonly string[], name: string): string | undefined {
  return parameters.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1);
}
