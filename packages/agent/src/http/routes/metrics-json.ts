import * as v from "valibot";
import { metadataOf, writeJson } from "../../exposition/json.ts";
import { seriesCount } from "../../exposition/family.ts";
import { ApiError } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { metricName } from "../schemas.ts";
import { sendPieces } from "../send.ts";

const number = () => v.pipe(v.union([v.number(), v.picklist(["NaN", "+Inf", "-Inf"])]), v.description("A double"));

const metadata = () => ({
  name: v.pipe(v.string(), v.description("Without the suffixes that formats add, such as _total")),
  type: v.picklist(["counter", "gauge", "histogram"]),
  unit: v.pipe(v.string(), v.description("seconds, bytes, or empty")),
  help: v.string(),
  monitor: v.optional(v.pipe(v.string(), v.description("Absent: the agent's own"))),
});

const series = () =>
  v.object({
    labels: v.record(v.string(), v.string()),
    value: v.optional(number()),
    count: v.optional(v.pipe(number(), v.description("Of a histogram: its observations"))),
    sum: v.optional(number()),
    buckets: v.optional(v.pipe(v.array(v.object({ le: v.string(), count: number() })), v.description("Cumulated"))),
  });

export function metricsJson(): Route {
  return route({
    method: "get",
    path: "/api/v1/metrics",
    tag: "metrics",
    summary: "Every metric as of now, as JSON",
    query: v.object({
      name: v.optional(v.pipe(metricName, v.description("Only this metric"))),
      monitor: v.optional(v.pipe(v.string(), v.description("Only those of this monitor"))),
    }),
    answers: {
      200: {
        description: "The metrics",
        schema: v.object({
          time: v.string(),
          metrics: v.array(v.object({ ...metadata(), series: v.array(series()) })),
        }),
      },
    },
    handle: async ({ http, query: { name, monitor } }, { readings }) => {
      const { time, families } = await readings.take();
      const wanted = families.filter(
        (family) => (name ?? family.name) === family.name && (monitor ?? family.monitor) === family.monitor,
      );
      if (name !== undefined && wanted.length === 0)
        throw new ApiError(404, `there is no metric '${name}'; /api/v1/metadata lists them`);
      return await sendPieces(http, { "content-type": "application/json" }, writeJson(time, wanted));
    },
  });
}

export function metadataJson(): Route {
  return route({
    method: "get",
    path: "/api/v1/metadata",
    tag: "metrics",
    summary: "What metrics there are: type, unit, help, and how many series",
    answers: {
      200: {
        description: "All of them",
        schema: v.object({ metrics: v.array(v.object({ ...metadata(), series: v.number() })) }),
      },
    },
    handle: async ({ http }, { readings }) => {
      const { families } = await readings.take();
      return http.json({ metrics: families.map((family) => ({ ...metadataOf(family), series: seriesCount(family) })) });
    },
  });
}
