import * as v from "valibot";
import { historyOf } from "../../history/series.ts";
import { ApiError } from "../errors.ts";
import { type Route, route } from "../route.ts";
import { flag, metricName } from "../schemas.ts";

const values = () => v.array(v.nullable(v.number()));

/** `300` is five minutes ago; else ISO 8601. In milliseconds since 1970. */
const since = () =>
  v.pipe(
    v.optional(v.string(), "3600"),
    v.transform((text) => (/^\d{1,6}(\.\d+)?$/.test(text) ? Date.now() - Number(text) * 1000 : Date.parse(text))),
    v.number("give seconds before now, or a time as ISO 8601"),
    v.description("Seconds before now, or a time as ISO 8601; the whole hour unless given"),
  );

const limit = () =>
  v.pipe(
    v.optional(v.string(), "1000"),
    v.regex(/^\d{1,6}$/, "give a whole number"),
    v.transform(Number),
    v.description("Most series in the answer"),
  );

export function history(): Route {
  return route({
    method: "get",
    path: "/api/v1/history",
    tag: "metrics",
    summary: "A metric's values of the last hour, as far as memory reaches",
    query: v.object({
      metric: metricName,
      since: since(),
      limit: limit(),
      buckets: flag("Of a histogram: its buckets too"),
    }),
    answers: {
      200: {
        description: "Values by series and time; null where there was no such series",
        schema: v.object({
          metric: v.string(),
          type: v.picklist(["counter", "gauge", "histogram"]),
          unit: v.string(),
          times: v.pipe(v.array(v.number()), v.description("Seconds since 1970")),
          bounds: v.optional(v.array(v.string())),
          series: v.array(
            v.object({
              labels: v.record(v.string(), v.string()),
              values: values(),
              sums: v.optional(values()),
              buckets: v.optional(v.array(values())),
            }),
          ),
          omitted: v.pipe(v.number(), v.description("Series left out for the limit")),
        }),
      },
    },
    handle: ({ http, query: { metric, since, limit, buckets } }, { history }) => {
      const found = historyOf(history, metric, { since, limit, buckets });
      if (found !== undefined) return http.json(found);
      const known = history.names.includes(metric);
      throw new ApiError(
        404,
        known
          ? `there is nothing of ${metric} since then`
          : `there is no history of '${metric}'; /api/v1/metadata lists what there is`,
      );
    },
  });
}
