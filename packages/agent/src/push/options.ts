/** Where figures and events are sent to, for those who are not to be scraped. */
export interface PushOptions {
  /** Prometheus remote write 1.0: Prometheus, Mimir, Thanos, VictoriaMetrics. */
  readonly remoteWrite?: string;
  /** OTLP over HTTP: the endpoint to which `/v1/metrics` and `/v1/logs` are added. */
  readonly otlp?: string;
  readonly otlpEncoding: "protobuf" | "json";
  /** Milliseconds between two readings that are sent. */
  readonly interval: number;
  /** Labels (attributes of the resource) that tell this agent's series from those of others. */
  readonly labels: Readonly<Record<string, string>>;
  /** For every request, such as Authorization. */
  readonly headers: Readonly<Record<string, string>>;
  readonly version: string;
  /** Told once when a receiver begins to fail and once when it works again. */
  readonly report: (level: "warn" | "info", message: string) => void;
}
