import type { ExpositionFormat } from "./write.ts";

/**
 * The format that an Accept header asks for: OpenMetrics 1.0.0 where it is named with at least the
 * weight of plain text, the older text format for everything else (also for no header at all).
 */
export function negotiate(accept: string | undefined): ExpositionFormat {
  let openMetrics = 0;
  let plain = 0;
  for (const range of (accept ?? "").toLowerCase().split(",").slice(0, 32)) {
    const [type, ...parameters] = range.split(";").map((part) => part.trim());
    const weight = quality(parameters);
    if (type === "application/openmetrics-text" && supportedVersion(parameters))
      openMetrics = Math.max(openMetrics, weight);
    else if (type === "text/plain" || type === "text/*") plain = Math.max(plain, weight);
  }
  return openMetrics > 0 && openMetrics >= plain ? "openmetrics" : "prometheus";
}

function quality(parameters: readonly string[]): number {
  const q = Number(parameters.find((p) => p.startsWith("q="))?.slice(2) ?? "1");
  return q >= 0 && q <= 1 ? q : 0;
}

function supportedVersion(parameters: readonly string[]): boolean {
  const version = parameters.find((p) => p.startsWith("version="))?.slice("version=".length);
  return version === undefined || version === "1.0.0" || version === "0.0.1";
}
